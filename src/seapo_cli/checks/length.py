"""Is the negative about as long as the response?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair, not_comparable


class Length(Check):
    """A model trained on pairs of unequal length learns the length first.

    Answers that two authors wrote differ in length by nature: the default bounds are for rows of
    `inject`, bounds that were given for all rows.
    """

    name = "length"
    about = "The negative is of similar length: its characters over those of the response."
    strict: ClassVar[Mapping[str, Any]] = {"min": 0.7, "max": 1.4, "short": 40}

    min: float = Field(default=0.5, ge=0)
    max: float = Field(default=2.0, gt=0)
    short: int = Field(default=80, ge=0)
    """Responses of fewer characters are not checked: a few more words double them."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        if reason := not_comparable(pair, self.short, chosen=bool(self.model_fields_set)):
            return skipped(reason)
        ratio = round(len(pair.negative) / len(pair.response), 3)
        if self.min <= ratio <= self.max:
            return passed(ratio)
        return failed(f"the negative has {ratio:.2f} times the length of the response", ratio)
