"""Is the negative complete?"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.words import ENDS, OPEN_WORDS

_CUT_BY = ("length", "content_filter")
_ENDS = frozenset(ENDS)
_OTHER_ENDS = frozenset(":;)]}>|")
"""What lists, tables and code end with."""
_CLOSING = "\"'”’»)]}*_`~"
_FENCES = ("```", "~~~")
_LEAST_TAIL = 12
_FRAGMENT_WORDS = 5
_LINE_WORDS = 8
"""A last line of fewer words may be a heading, a signature, a verse or a list item."""
_FEWEST_MISSING = 2
"""Words that must be missing at the end: a number or a name may be the beginning of another."""
_LIST_LINE = re.compile(r"[ \t]*(?:[-*•+|#>]|\d{1,3}[.)])[ \t]*\S")


class Complete(Check):
    """What the server said, open code fences, and how both answers end."""

    name = "complete"
    about = "The negative is not empty, nor cut in a sentence, a code block or before its end."

    least_missing: float = Field(default=0.1, ge=0, le=1)
    """Share of the response that must be missing at the end to count as cut off."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        if not pair.negative.strip():
            return failed("the negative is empty")
        if (finish := _finish_reason(pair.row.data)) in _CUT_BY:
            return failed(f"the negative was cut (finish_reason {finish})", finish)
        if fence := _open_fence(pair):
            return failed(f"a code block {fence} stays open")
        if not pair.at_end:
            return PASS
        if _stops_short(pair.negative, pair.response):
            return failed("the negative stops in mid-sentence", pair.negative.rstrip()[-20:])
        if self._lacks_the_end(pair):
            return failed("the negative lacks the end of the response")
        return PASS

    def _lacks_the_end(self, pair: CheckedPair) -> bool:
        """Whether the negative stops where the response continues."""
        negative, response = pair.negative.rstrip(), pair.response.rstrip()
        missing = len(response) - len(negative)
        if missing < max(self.least_missing * len(response), 1):
            return False
        if pair.start >= len(negative):
            return len(pair.removed.split()) >= _FEWEST_MISSING or missing > len(negative)
        tail = negative[-_LEAST_TAIL:]
        return pair.derived and len(tail) == _LEAST_TAIL and response.find(tail, pair.start) >= 0


def _finish_reason(data: Any) -> object:
    error = data.get("error")
    return error.get("finish_reason") if isinstance(error, dict) else None


def _open_fence(pair: CheckedPair) -> str | None:
    for fence in _FENCES:
        if fence[0] not in pair.removed and fence[0] not in pair.added:
            continue  # as many as in the response
        if pair.negative.count(fence) % 2 and not pair.response.count(fence) % 2:
            return fence
    return None


def _stops_short(negative: str, response: str) -> bool:
    """Whether only the response ends as a sentence does, and the negative's last line is open."""
    if not _ends(response) or _ends(negative) or negative.rstrip()[-1:] in _OTHER_ENDS:
        return False
    if len(negative.split()) < _FRAGMENT_WORDS:
        return False
    before, _, line = negative.rstrip().rpartition("\n")
    words = line.split()
    last = words[-1].lower()
    if last in OPEN_WORDS or last[-1] in ",-–—(":
        return True
    if _LIST_LINE.match(line) or last.startswith(("http", "#", "@", "$", "\\")):
        return False
    if not before and len(words) < _LINE_WORDS:
        return last.isalpha() and len(negative) < len(response) / 2
    return len(words) >= _LINE_WORDS and last.isalpha()


def _ends(text: str) -> bool:
    text = text.rstrip()
    return text[-1:] in _ENDS or text.rstrip(_CLOSING)[-1:] in _ENDS or text.endswith(_FENCES)
