"""Is the response really the better side? Determined without a model."""

from __future__ import annotations

import re
from fractions import Fraction

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.arithmetic import false_equations
from seapo_cli.text.difference import Difference
from seapo_cli.text.refusing import REFUSING
from seapo_cli.text.revealing import REVEALING

_RESULT = re.compile(r"[\d)]%?[ ]?=[ ]?[$€£]?\.?\d|<<")
_DIGIT = re.compile(r"\d")
_AROUND = 80
_ROUNDED = Fraction(1, 100)
"""Share by which a rounded result may be off."""


class Sides(Check):
    """Judged by the row's own edits, by checking equations, and by what no good answer says."""

    name = "sides"
    about = "The response is not the side with the mistake: its edits, equations, wording."

    def verdict(self, pair: CheckedPair) -> Verdict:
        if _edited(pair):
            return failed("the mistakes of the row's edits stand in the response: swapped sides?")
        if pair.removed.count(" ") and pair.injected and len(pair.removed) > len(pair.added):
            other = Difference(pair.negative, pair.response)
            for phrases, what in ((REVEALING, "gives a mistake away"), (REFUSING, "refuses")):
                if found := phrases.added(other):
                    return failed(f"the response {what}: {found!r}", found)
        if _DIGIT.search(pair.removed) and _DIGIT.search(pair.added) and pair.derived:
            wrong = _false(_lines(pair.response, pair.start, pair.response_end))
            if wrong and not _false(_lines(pair.negative, pair.start, pair.negative_end)):
                reason = f"the response calculates wrong, the negative right: {wrong[0]!r}"
                return failed(reason, wrong[0])
        return PASS


def _edited(pair: CheckedPair) -> bool:
    """Whether the response holds the replacements of the edits, and the negative the originals."""
    error = pair.row.data.get("error")
    edits = error.get("edits") if isinstance(error, dict) else None
    if not isinstance(edits, list) or not edits:
        return False
    shift = 0
    for edit in edits:
        match edit:
            case {"start": int(start), "original": str(old), "replacement": str(new)} if new or old:
                at = start + shift
                shift += len(new) - len(old)
                right = pair.response.startswith(old, start)
                if (right and old) or not pair.response.startswith(new, at):
                    return False
                if not pair.negative.startswith(old, start):
                    return False
            case _:
                return False
    return True


def _lines(text: str, start: int, end: int) -> str:
    """The lines that a change stands in, or what is near it if they are long."""
    first = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    last = text.find("\n", end, end + _AROUND)
    return text[first : last if last >= 0 else end + _AROUND]


def _false(text: str) -> list[str]:
    return false_equations(text, _ROUNDED) if _RESULT.search(text) else []
