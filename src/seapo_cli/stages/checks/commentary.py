"""Does the negative give its mistake away?"""

from __future__ import annotations

import re

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed
from seapo_cli.stages.checks.pair import Pair
from seapo_cli.stages.phrases import REVEALING

_ASKED = re.compile(
    r"(?i)\b(?:edit|rewrite|revise|correct|modify|improve|proofread|fix|rephrase|change|update|replace"
    r"|grammar|errors|mistakes|bugs?)\b"
)
_REVISION = re.compile(
    r"(?i)\b(?:here|below|this|following|revised|rewritten|modified|edited|corrected|updated|changes)\b"
)
_WRONG = re.compile(
    r"(?i)wrong|incorrect|false|mistak|deliberat|intention|fabricat|invented|inaccura"
)


class Commentary(Check):
    """Notes of the injecting model about what it did."""

    name = "commentary"
    about = "The negative does not hint that a mistake was put in."

    def verdict(self, pair: Pair) -> Verdict:
        found = REVEALING.added(pair)
        if not found or _asked_for(found, pair.question):
            return PASS
        return failed(f"the negative gives itself away: {found!r}", found)


def _asked_for(phrase: str, question: str) -> bool:
    """Whether the prompt wants a text revised, and the phrase says no more than that it is."""
    if not _REVISION.search(phrase) or _WRONG.search(phrase):
        return False
    return _ASKED.search(question) is not None
