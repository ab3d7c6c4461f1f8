"""What checks look at: both answers of a row, and where they differ.

Negatives are mostly the positive with a few words changed. So the common beginning and end are
found once, at the speed of C, and checks look at what is between. Offsets are in characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from rapidfuzz.distance import Indel, Postfix, Prefix

from seapo_cli.mistakes.error_types import ErrorType, error_types
from seapo_cli.rows import Keys, Row, error_type_of, read_sides

_MARGIN = 64
"""Characters around a change that a check of phrases reads."""
_LONGEST_WORD = 30
"""Longer runs without a space are not words: writing without spaces is compared by characters."""
_MOST_WORDS = 5000
"""Beyond so many words the exact comparison, quadratic in time and memory, is not worth it."""

_DERIVED = 0.5
"""Share of common text beyond which one answer is a version of the other."""

Span = tuple[int, int]


class Hunk(NamedTuple):
    """One changed place: the words that stood there, and those that stand there now."""

    removed: Sequence[str]
    added: Sequence[str]


class Pair:
    """A row with its good answer (`response`) and its bad one (`negative`).

    What all checks read is worked out at once, the rest when it is asked for. (Not by
    `cached_property`: its lock, up to Python 3.11, costs more than most checks.)
    """

    __slots__ = (
        "_common",
        "_compared",
        "_new_words",
        "added",
        "error_type",
        "negative",
        "negative_end",
        "removed",
        "response",
        "response_end",
        "row",
        "start",
    )

    def __init__(self, row: Row, response: str, negative: str, error_type: str | None) -> None:
        self.row = row
        self.response = response
        self.negative = negative
        self.error_type = error_type
        self.start = start = common_start(response, negative)
        """Where the answers begin to differ."""
        tail = common_end(response, negative, start)
        self.response_end = end = len(response) - tail
        """Where the difference ends, in each answer."""
        self.negative_end = len(negative) - tail
        if start < max(end, self.negative_end):
            start, tail = widened(response, start, end)
        self._common = start, tail
        self.removed = response[start : len(response) - tail]
        """The words of the response that differ from the negative, with all between them."""
        self.added = negative[start : len(negative) - tail]
        """The words of the negative that differ from the response, with all between them."""
        self._compared: tuple[tuple[Hunk, ...], int] | None = None
        self._new_words: str | None = None

    @property
    def injected(self) -> bool:
        """Whether `inject` made the negative from the response, hence kept its length and form."""
        return isinstance(self.row.data.get("error"), dict)

    @property
    def derived(self) -> bool:
        """Whether the negative is a version of the response: `inject` made it, or it looks so."""
        return self.injected or self.similarity > _DERIVED

    def has(self, trait: str) -> bool:
        """Whether the error type has a trait, such as `keeps_final_answer`.

        As the row says, where `inject` wrote it there, else as a packaged type's file does.
        """
        error = self.row.data.get("error")
        if isinstance(error, dict) and isinstance(traits := error.get("traits"), list):
            return trait in traits
        kind = packaged_types().get(self.error_type or "")
        return kind is not None and trait in kind.traits

    @property
    def question(self) -> str:
        """The prompt's last turn."""
        prompt = self.row.prompt
        return prompt if isinstance(prompt, str) else prompt[-1].content

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

    @property
    def swapped(self) -> Pair:
        """The same pair with its sides exchanged."""
        return Pair(self.row, self.negative, self.response, self.error_type)

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The changed places between the common beginning and end, word by word."""
        return self._comparison()[0]

    @property
    def similarity(self) -> float:
        """Share of both texts that stands in words common to both in this order, 0 to 1."""
        total = len(self.response) + len(self.negative)
        before, after = self._common
        common = before + after + self._comparison()[1]
        return 2 * common / total if total else 1.0

    def _comparison(self) -> tuple[tuple[Hunk, ...], int]:
        """The hunks, and the characters in words common to both between them."""
        if self._compared is None:
            old, new = words_of(self.removed), words_of(self.added)
            simple = not old or not new or len(old) == len(new) == 1
            if simple or max(len(old), len(new)) > _MOST_WORDS:
                self._compared = ((Hunk(old, new),) if old or new else ()), 0
            else:
                self._compared = compared(old, new)
        return self._compared


@cache
def packaged_types() -> dict[str, ErrorType]:
    """The packaged error types by name and alias."""
    kinds = error_types().values()
    return {name: kind for kind in kinds for name in (kind.name, *kind.aliases)}


def common_start(a: str, b: str) -> int:
    """Characters that both begin with."""
    return Prefix.similarity(a, b)


def common_end(a: str, b: str, start: int) -> int:
    """Characters that both end with, of those after `start`."""
    return min(Postfix.similarity(a, b), len(a) - start, len(b) - start)


def widened(response: str, start: int, end: int) -> tuple[int, int]:
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


def words_of(text: str) -> Sequence[str]:
    """The words of a text; its characters where it is written without spaces."""
    words = text.split()
    return words if len(text) <= _LONGEST_WORD * len(words) else text


def compared(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[Hunk, ...], int]:
    """The hunks between two lists of words, and the characters in their common words."""
    hunks: list[Hunk] = []
    common = old_at = new_at = 0
    for block in Indel.editops(old, new).as_matching_blocks():
        if block.a > old_at or block.b > new_at:
            hunks.append(Hunk(old[old_at : block.a], new[new_at : block.b]))
        old_at, new_at = block.a + block.size, block.b + block.size
        spaces = 0 if isinstance(old, str) else max(0, block.size - 1)
        common += sum(map(len, old[block.a : old_at])) + spaces
    return tuple(hunks), common


def read_pair(row: Row, keys: Keys) -> Pair:
    """The pair on a row.

    Raises:
        RowError: it holds none.
    """
    response, negative = read_sides(row, keys)
    return Pair(row, response, negative, error_type_of(row.data))
