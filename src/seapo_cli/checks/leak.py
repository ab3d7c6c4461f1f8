"""Is the pair one of those that give themselves away without the question?"""

from __future__ import annotations

from collections.abc import Mapping

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair


class Leak(Check):
    """Known only once all rows have been compared: `filter --max-leak` reads them first.

    So it is not among the checks that `--check` names.
    """

    name = "leak"
    about = "The sides cannot be told apart without the question: with --max-leak only."
    last = True

    surest: Mapping[int, float]
    """Lines to reject, and how confidently each was told apart."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        score = self.surest.get(pair.row.line)
        if score is None:
            return PASS
        return failed("its sides can be told apart without the question", round(score, 3))
