"""Is the negative a version of the response, neither a different text nor the same one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair, not_comparable


class Similarity(Check):
    """Share of both texts that stands in words common to both, in the same order.

    The default bounds are for rows of `inject`, bounds that were given for all rows.
    """

    name = "similarity"
    about = "Neither a different text nor nearly the same: share of text in common words."
    strict: ClassVar[Mapping[str, Any]] = {"min": 0.5}

    min: float = Field(default=0.2, ge=0, le=1)
    max: float = Field(default=1.0, ge=0, le=1)
    short: int = Field(default=80, ge=0)
    """Responses of fewer characters are not checked: one word can be all of them."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        if reason := not_comparable(pair, self.short, chosen=bool(self.model_fields_set)):
            return skipped(reason)
        share = round(pair.similarity, 4)
        if share < self.min:
            return failed(f"only {share:.0%} of the text is common to both", share)
        if share > self.max:
            return failed(f"{share:.2%} of the text is common to both", share)
        return passed(share)
