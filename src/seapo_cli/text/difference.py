"""How two versions of a text differ.

Negatives are mostly the response with a few words changed. So the common beginning and end are
found first, at the speed of C, and only what lies between is compared word by word. Offsets are in
characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel, Postfix, Prefix

from seapo_cli.rows import Edit
from seapo_cli.text.spans import Span
from seapo_cli.text.words import WORD

_LONGEST_WORD = 30
"""Longer runs without a space are not words: writing without spaces is compared by characters."""
_MOST_PAIRS = 25_000_000
"""Pairs of words beyond which the comparison, quadratic in time and memory, is not worth it."""
_MARGIN = 64
"""Characters of a window on either side of the difference."""
_TOKEN = re.compile(rf"(?:{WORD.pattern}|[^\w\s])\s*|\s+")
"""A word or sign with the space after it: on its own a space would match any other."""


class Hunk(NamedTuple):
    """One changed place: the words that were there, and those that are there now."""

    removed: Sequence[str]
    added: Sequence[str]

    @property
    def texts(self) -> tuple[str, str]:
        """Both sides as text."""
        old, new = self
        old = old if isinstance(old, str) else " ".join(old)
        return old, new if isinstance(new, str) else " ".join(new)


class Difference:
    """Where two versions of an answer differ.

    What most callers need is computed at once, the rest on demand. (Not by
    `cached_property`: its lock, up to Python 3.11, costs more than most checks.)
    """

    __slots__ = (
        "_common",
        "_compared",
        "_new_words",
        "added",
        "negative",
        "negative_end",
        "removed",
        "response",
        "response_end",
        "start",
    )

    def __init__(self, response: str, negative: str) -> None:
        self.response = response
        self.negative = negative
        self.start = start = common_start(response, negative)
        """Where the answers begin to differ."""
        tail = common_end(response, negative, start)
        self.response_end = end = len(response) - tail
        """Where the difference ends, in each answer."""
        self.negative_end = len(negative) - tail
        if start < max(end, self.negative_end):
            start, tail = _widened(response, start, end)
        self._common = start, tail
        self.removed = response[start : len(response) - tail]
        """The words of the response that differ from the negative, with all between them."""
        self.added = negative[start : len(negative) - tail]
        """The words of the negative that differ from the response, with all between them."""
        self._compared: tuple[tuple[Hunk, ...], int] | None = None
        self._new_words: str | None = None

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The changed places between the common beginning and end, word by word."""
        return self._comparison()[0]

    @property
    def similarity(self) -> float:
        """Share of both texts that lies in words common to both in this order, 0 to 1."""
        total = len(self.response) + len(self.negative)
        before, after = self._common
        common = before + after + self._comparison()[1]
        return 2 * common / total if total else 1.0

    @property
    def at_end(self) -> bool:
        """Whether the answers differ up to their ends (but for white space)."""
        return not self.negative[self.negative_end :].strip()

    @property
    def window(self) -> Span:
        """The difference with some text around it, in the negative.

        From the beginning of its line where that is near, as some phrases stand there only.
        """
        far = max(0, self.start - 2 * _MARGIN)
        line = self.negative.rfind("\n", far, self.start) + 1
        start = line or (self.start - _MARGIN if far else 0)
        return start, min(len(self.negative), self.negative_end + _MARGIN)

    @property
    def new_words(self) -> str:
        """The words of the change that it did not have before, in lower case."""
        if self._new_words is None:
            if self.added.count(" ") < 1:
                self._new_words = self.added.lower()
            else:
                known = set(self.removed.lower().split())
                words = dict.fromkeys(self.added.lower().split())
                self._new_words = " ".join(word for word in words if word not in known)
        return self._new_words

    def _comparison(self) -> tuple[tuple[Hunk, ...], int]:
        """The hunks, and the characters in words common to both between them."""
        if self._compared is None:
            old, new = _words(self.removed), _words(self.added)
            if not old or not new or len(old) == len(new) == 1:
                self._compared = ((Hunk(old, new),) if old or new else ()), 0
            else:
                self._compared = _compared(old, new)
        return self._compared


def common_start(a: str, b: str) -> int:
    """Number of characters that both begin with."""
    return Prefix.similarity(a, b)


def common_end(a: str, b: str, start: int) -> int:
    """Number of characters after `start` that both end with."""
    return min(Postfix.similarity(a, b), len(a) - start, len(b) - start)


def edits_between(response: str, negative: str) -> tuple[Edit, ...]:
    """The word-level edits that turn `response` into `negative`, sorted, not overlapping."""
    old, new = _TOKEN.findall(response), _TOKEN.findall(negative)
    found: list[Edit] = []
    start = old_at = new_at = 0
    for a, b, size in _common_blocks(old, new):
        original, replacement = "".join(old[old_at:a]), "".join(new[new_at:b])
        if original or replacement:
            found.append(_edit(start, original, replacement))
        start += len(original) + sum(map(len, old[a : a + size]))
        old_at, new_at = a + size, b + size
    return tuple(found)


def _edit(start: int, original: str, replacement: str) -> Edit:
    """An edit without the space that both sides end in."""
    while original and replacement and original[-1] == replacement[-1] and original[-1].isspace():
        original, replacement = original[:-1], replacement[:-1]
    end = start + len(original)
    return Edit(start=start, end=end, original=original, replacement=replacement)


def _widened(response: str, start: int, end: int) -> tuple[int, int]:
    """A difference that starts at `start` and ends at the response's `end`, as whole words.

    Returns where it starts in both, and how many characters follow it in both.
    """
    least = max(0, start - _LONGEST_WORD)
    while start > least and not response[start - 1].isspace():
        start -= 1
    most = min(len(response), end + _LONGEST_WORD)
    while end < most and not response[end].isspace():
        end += 1
    return start, len(response) - end


def _words(text: str) -> Sequence[str]:
    """The words of a text; its characters where it is written without spaces."""
    words = text.split()
    return words if len(text) <= _LONGEST_WORD * len(words) else text


def _compared(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[Hunk, ...], int]:
    """The hunks between two lists of words, and the characters in their common words."""
    hunks: list[Hunk] = []
    common = old_at = new_at = 0
    for a, b, size in _common_blocks(old, new):
        if a > old_at or b > new_at:
            hunks.append(Hunk(old[old_at:a], new[new_at:b]))
        old_at, new_at = a + size, b + size
        spaces = 0 if isinstance(old, str) else max(0, size - 1)
        common += sum(map(len, old[a:old_at])) + spaces
    return tuple(hunks), common


def _common_blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """The blocks that both sides have in the same order: start in each, and length.

    The last block is empty, at both ends.
    """
    if len(old) * len(new) > _MOST_PAIRS:
        start = Prefix.similarity(old, new)
        tail = min(Postfix.similarity(old, new), len(old) - start, len(new) - start)
        ends = len(old) - tail, len(new) - tail
        if (ends[0] - start) * (ends[1] - start) > _MOST_PAIRS:
            return [(0, 0, start), (*ends, tail), (len(old), len(new), 0)]
    blocks = Indel.editops(old, new).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]
