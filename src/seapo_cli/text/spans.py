"""Spans of a text, and how edits of some of them go into it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from seapo_cli.rows import Edit

Span = tuple[int, int]


class Spans(tuple[Span, ...]):
    """Spans in order that do not overlap, quick to search: answers may have thousands."""

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self]

    def overlaps(self, start: int, end: int) -> bool:
        """Whether one of them shares a character with this one; an empty one counts as one."""
        last = bisect_left(self._starts, max(end, start + 1)) - 1
        return last >= 0 and start < self[last][1]


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Put `edits` (sorted, not overlapping) into `text`."""
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.start], edit.replacement]
        position = edit.end
    return "".join([*parts, text[position:]])


def disjoint(edits: Sequence[Edit]) -> bool:
    """Whether sorted edits stay apart: neither overlapping nor two insertions at one point."""
    spans = [(edit.start, edit.end) for edit in edits]
    return all(a[1] <= b[0] and a != b for a, b in pairwise(spans))
