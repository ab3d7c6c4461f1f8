"""Does the negative give its mistake away?"""

from __future__ import annotations

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed
from seapo_cli.stages.checks.pair import Pair
from seapo_cli.stages.phrases import REVEALING


class Commentary(Check):
    """Notes of the injecting model about what it did."""

    name = "commentary"
    about = "The negative does not hint that a mistake was put in."

    def verdict(self, pair: Pair) -> Verdict:
        response, negative = pair.windows
        found = REVEALING.added(pair.negative, pair.response, negative, response)
        return failed(f"the negative gives itself away: {found!r}", found) if found else PASS
