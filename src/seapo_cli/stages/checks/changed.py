"""Is the negative another text at all?"""

from __future__ import annotations

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed
from seapo_cli.stages.checks.pair import Pair
from seapo_cli.stages.sameness import same


class Changed(Check):
    """Compares the differing words only: all else is the same anyway."""

    name = "changed"
    about = "The negative differs by more than white space, invisible characters, final marks."

    def verdict(self, pair: Pair) -> Verdict:
        if same(pair.added, pair.removed, pair.response):
            return failed("the negative equals the response")
        return PASS
