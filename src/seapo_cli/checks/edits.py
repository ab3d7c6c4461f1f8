"""How many places were changed, and where is the first?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair


class Edits(Check):
    """Many small changes make a negative that is worse in many ways, not by the named mistake.

    A prefix that both answers share teaches nothing and costs tokens: hence the position.
    The default bounds are for rows of `inject`, bounds that were given for all rows.
    """

    name = "edits"
    about = "Number of changed places, and where the first is (0 start, 1 end of the response)."
    strict: ClassVar[Mapping[str, Any]] = {"max_count": 12}

    max_count: int = Field(default=60, ge=1)
    min_position: float = Field(default=0.0, ge=0, le=1)
    max_position: float = Field(default=1.0, ge=0, le=1)

    def verdict(self, pair: CheckedPair) -> Verdict:
        if not pair.derived and not self.model_fields_set:
            return skipped("not made from the response")
        count = len(pair.hunks)
        position = round(pair.start / max(1, len(pair.response)), 3)
        value = {"count": count, "position": position}
        if count > self.max_count:
            return failed(f"{count} places differ", value)
        if not self.min_position <= position <= self.max_position:
            return failed(f"the first difference stands at {position:.0%} of the response", value)
        return passed(value)
