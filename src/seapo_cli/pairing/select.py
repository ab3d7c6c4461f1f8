"""Which pairs are made where that depends on all others: --mix, --balance, --max-pairs.

What is known of each possible pair goes to the database: its side, the set of types that it can
have, its rank. Sets and their numbers are all that memory holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.options import PairSettings
from seapo_cli.pairing.candidates import Candidate
from seapo_cli.pairing.length import halved, name_of
from seapo_cli.pairing.mix import Assignment, Types, assign, balanced, largest_remainder
from seapo_cli.pairing.strategies import Slot

_SEPARATOR = "\x1f"
_ANY = "*"
"""The type of a pair that takes whichever negative comes first."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many pairs of a type were wanted, and made."""

    error_type: str
    wanted: int
    made: int


@dataclass(frozen=True, slots=True)
class Mixture:
    """How the proportions came out among the pairs for training."""

    shares: tuple[Share, ...]
    exact: int
    """The most pairs with which the proportions hold exactly."""

    def shortages(self) -> list[str]:
        """Where the proportions do not hold, and what would make them."""
        short = [s for s in self.shares if s.made < s.wanted]
        if not short:
            return []
        counts = ", ".join(f"{s.error_type} {s.made:,} of {s.wanted:,}" for s in short)
        hint = f"--max-pairs {self.exact} holds them" if self.exact else "no number of pairs does"
        return [f"--mix: too few rows for the proportions: {counts}; {hint}"]


class Selection:
    """A choice among all possible pairs."""

    def __init__(self, database: sqlite3.Connection, settings: PairSettings) -> None:
        self._database = database
        self._settings = settings
        self._mix: dict[str, float] = {}
        for name, weight in settings.mix.items():
            if weight:
                self._mix[canonical_name(name)] = self._mix.get(canonical_name(name), 0.0) + weight
        self.mixture: Mixture | None = None
        database.execute(
            "CREATE TABLE slots (number INTEGER PRIMARY KEY, evaluation, types, rank, type)"
        )

    def choose(self, slots: Iterable[tuple[bool, Slot]]) -> None:
        """Choose among pairs, each with whether it is for evaluation."""
        self._database.executemany(
            "INSERT INTO slots VALUES (?, ?, ?, ?, NULL)",
            (
                (number, evaluation, _SEPARATOR.join(self._types(slot)), slot.rank)
                for number, (evaluation, slot) in enumerate(slots)
            ),
        )
        self._database.execute("CREATE INDEX by_rank ON slots (evaluation, types, rank)")
        for evaluation in (False, True):
            self._choose(evaluation)

    def _types(self, slot: Slot) -> Types:
        if self._settings.balance == "length":
            # Of the type that comes first, so that the proportions of types stay.
            first = slot.candidates[0].error_type
            return tuple(sorted({name_of(c) for c in slot.candidates if c.error_type == first}))
        if self._settings.balance or self._mix:
            found = {c.error_type for c in slot.candidates if c.error_type is not None}
            return tuple(sorted(found & self._mix.keys() if self._mix else found))
        return (_ANY,)

    def _choose(self, evaluation: bool) -> None:
        query = "SELECT types, count(*) FROM slots WHERE evaluation = ? GROUP BY types"
        counted = self._database.execute(query, (evaluation,))
        supply = {tuple(types.split(_SEPARATOR)): count for types, count in counted if types}
        total = sum(supply.values())
        if self._settings.max_pairs and not evaluation:
            total = min(total, self._settings.max_pairs)
        for types, given in self._assign(supply, total, evaluation).given.items():
            self._write(evaluation, types, given)

    def _assign(self, supply: dict[Types, int], total: int, evaluation: bool) -> Assignment:
        if self._settings.balance == "length":
            return halved(supply, total)
        if self._settings.balance:
            names = sorted({name for types in supply for name in types})
            return balanced(supply, names, total)
        weights = self._mix or {_ANY: 1.0}
        found, exact = assign(supply, weights, total)
        if self._mix and not evaluation:
            wanted = largest_remainder(weights, total)
            shares = [Share(name, count, found.total(name)) for name, count in wanted.items()]
            self.mixture = Mixture(tuple(shares), exact)
        return found

    def _write(self, evaluation: bool, types: Types, given: dict[str, int]) -> None:
        """Give the pairs of one set their types, those of the lowest rank first."""
        offset = 0
        for name, count in given.items():
            self._database.execute(
                "UPDATE slots SET type = ? WHERE number IN (SELECT number FROM slots "
                "WHERE evaluation = ? AND types = ? ORDER BY rank, number LIMIT ? OFFSET ?)",
                (name, evaluation, _SEPARATOR.join(types), count, offset),
            )
            offset += count

    def chosen(self, slots: Iterable[tuple[bool, Slot]]) -> Iterator[tuple[bool, Slot, Candidate]]:
        """The pairs that are made, out of the same ones again, with the negative of each."""
        types = self._database.execute("SELECT type FROM slots ORDER BY number")
        for (evaluation, slot), (name,) in zip(slots, types, strict=True):
            if name is not None:
                yield evaluation, slot, next(c for c in slot.candidates if self._has(c, name))

    def _has(self, candidate: Candidate, name: str) -> bool:
        by_length = self._settings.balance == "length"
        return name in (_ANY, name_of(candidate) if by_length else candidate.error_type)
