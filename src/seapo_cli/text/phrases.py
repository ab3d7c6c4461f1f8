"""Phrases of one kind, and how they are found in the new text of an answer.

When in doubt, text passes: a phrase counts only if it brings words that the response does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seapo_cli.text.difference import Difference

_NEW_WORDS = 2
"""A phrase of fewer words that are new is an answer's own, with one of its words changed."""
_OPENING = "([<{*#/-"
"""Marks that a remark stands in: it was put in as a whole."""
_SHORT = 300
"""Characters of a negative that is read as a whole: a refusal may use the response's words."""
_BEFORE, _AFTER = 120, 160
"""Characters around a stem that hold all of its phrase."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Wordings of one kind."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]
    """Every match holds at least one of these, in lower case: what is quick to rule out."""

    def added(self, pair: Difference) -> str | None:
        """A match in the negative that brings words which the response does not have."""
        new = pair.new_words if len(pair.negative) > _SHORT else pair.negative.lower()
        if stems := [stem for stem in self.stems if stem in new]:
            for phrase in self._matches(pair, stems):
                words = set(_WORD.findall(phrase.lower()))
                fresh = words.difference(_WORD.findall(pair.response.lower()))
                if phrase[0] in _OPENING:
                    least = 1
                else:
                    words, fresh = ({w for w in both if len(w) > 3} for both in (words, fresh))
                    least = _NEW_WORDS if len(words) > _NEW_WORDS else 1
                if len(fresh) >= least:
                    return " ".join(phrase.split())[:60]
        return None

    def _matches(self, pair: Difference, stems: list[str]) -> Iterator[str]:
        """All matches near a stem, in the part of the negative that differs."""
        text = pair.negative
        lower = text.lower() if len(text.lower()) == len(text) else text
        start, end = pair.window
        done = start
        for at in sorted(at for stem in stems for at in _places(stem, lower, start, end)):
            if at >= done:
                line = text.rfind("\n", start, at) + 1
                first = line if at - line < 2 * _BEFORE and line else max(start, at - _BEFORE)
                done = min(end, at + _AFTER)
                yield from (match[0] for match in self.pattern.finditer(text, first, done))


def _places(stem: str, text: str, start: int, end: int) -> Iterator[int]:
    at = text.find(stem, start, end)
    while at >= 0:
        yield at
        at = text.find(stem, at + 1, end)


def verbose(pattern: str) -> re.Pattern[str]:
    """A verbose pattern in which single spaces within a line, but that after `|`, count."""
    spaced = re.sub(
        r"(?<!^\|)(?<=\S) (?=\S)", r"\\ ", re.sub(r"^ +", "", pattern, flags=re.M), flags=re.M
    )
    return re.compile(spaced, re.IGNORECASE | re.VERBOSE | re.MULTILINE)
