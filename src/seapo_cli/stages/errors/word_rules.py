"""Beside which words a wrong word would not fit into the sentence, or would not be wrong.

By rule: the name of a table in `word_places`.
"""

from __future__ import annotations

import re


def _next(words: str, signs: str = "") -> re.Pattern[str]:
    return re.compile(rf"\s*(?:{signs or '(?!)'}|(?:{_either(words)})\b)")


def _before(words: str, signs: str = "(?!)") -> re.Pattern[str]:
    return re.compile(rf"(?:{signs}|\b(?:{_either(words)})) ?$", re.IGNORECASE)


def _either(words: str) -> str:
    return "|".join(words.split())


NOT_NEXT = {
    "negation": _next("not no never nothing hardly also", "[,?]|n't"),
    "comparative": _next("and or questions? help information schools?", "-"),
    "connective": _next("if though not in necessary needed possible applicable", "[:.)]"),
    "amount": _next(
        "not my your his her its our their reason time point sort kind way extent right about"
        " over day together",
        r"$|[-\d,.;:)]",
    ),
    "modality": _next("not also never only be", r"[-\d,.;:)]"),
    "comparator": _next("not", "-"),
    "register": _next("of"),
}

NOT_BEFORE = {
    "negation": _before("what how why who where there here not"),
    "comparative": _before("any once even let as so in or no"),
    "connective": _before(
        "check checks see know determine test tests sure ask decide deciding as what even only and"
        " or nothing all everything anything none"
    ),
    "amount": _before(
        "a an the very at of after above first it us them had and or not these those last next"
        " past so too as than no any you we they are is was were be here's by second many"
        " other one every each",
        r"[-\d]",
    ),
    "comparator": _before("not"),
}


def fits(rule: str, text: str, start: int, end: int) -> bool:
    """Whether a word may be exchanged, as far as its neighbours tell."""
    before = text[max(0, start - 16) : start]
    if rule == "modality" and re.match(r"[^.!?\n]*\?", text[end : end + 200]):
        return False  # a question: its words stand in another order
    if rule in NOT_NEXT and NOT_NEXT[rule].match(text, end):
        return False
    return not (rule in NOT_BEFORE and NOT_BEFORE[rule].search(before))
