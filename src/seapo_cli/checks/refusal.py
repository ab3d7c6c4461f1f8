"""Did the model refuse?"""

from __future__ import annotations

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.refusing import EXCUSING, REFUSING

_NO_ANSWER = 240
"""Length in characters of an answer that holds an excuse and nothing more."""


class Refusal(Check):
    """Refusals and apologies that the response does not hold.

    "As an AI assistant, I cannot ..." may introduce an answer: it counts where no more follows.
    """

    name = "refusal"
    about = "The negative does not refuse or apologize unless the response does."

    def verdict(self, pair: CheckedPair) -> Verdict:
        found = REFUSING.added(pair)
        if not found and len(pair.negative) < _NO_ANSWER:
            found = EXCUSING.added(pair)
        return failed(f"the model refused: {found!r}", found) if found else PASS
