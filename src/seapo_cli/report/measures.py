"""Pairs in figures: lengths, similarity, what was changed and where, margins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from seapo_cli.checks.pair import CheckedPair
from seapo_cli.formats.reader import known_edits
from seapo_cli.report.entry import UNTYPED, Entry
from seapo_cli.rows import Edit, Row
from seapo_cli.text.difference import edits_between

_MOST_CHARACTERS = 1 << 20
"""Longer answers are not compared word by word."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A pair's figures."""

    type: str
    source: str
    good: int
    """Characters."""
    bad: int
    similarity: float
    """Share of both texts in common words, 0 to 1."""
    edits: tuple[Edit, ...]
    margin: float | None

    @property
    def position(self) -> float | None:
        """Where the first edit begins, as a share of the good answer; None without edits."""
        return self.edits[0].start / max(1, self.good) if self.edits else None

    @property
    def size(self) -> int:
        """Characters that the edits replace or put in, the larger number of both."""
        return sum(max(len(edit.original), len(edit.replacement)) for edit in self.edits)


def measure(entry: Entry) -> Measured | None:
    """A row's figures; None unless it has both sides."""
    good, bad = entry.good, entry.bad
    if good is None or bad is None:
        return None
    return Measured(
        type=entry.type or UNTYPED,
        source=entry.source or "",
        good=len(good),
        bad=len(bad),
        similarity=_similarity(good, bad),
        edits=known_edits(entry.error, good, bad) or _edits(good, bad),
        margin=entry.margin,
    )


def _similarity(good: str, bad: str) -> float:
    return CheckedPair(Row({}, "", ""), good, bad, None).similarity


def _edits(good: str, bad: str) -> tuple[Edit, ...]:
    if len(good) + len(bad) <= _MOST_CHARACTERS:
        return edits_between(good, bad)
    return () if good == bad else (Edit(start=0, end=len(good), original=good, replacement=bad),)


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def longer(pairs: Sequence[Measured]) -> float:
    """Share of pairs whose bad side has more characters; a tie is half."""
    return sum((p.bad > p.good) + (p.bad == p.good) / 2 for p in pairs) / len(pairs)
