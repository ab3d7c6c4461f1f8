"""Which rows of the dataset each step takes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from seapo_cli.options import TrainSettings
from seapo_cli.training.difficulty import Scored, easy_first, within


@dataclass(frozen=True, slots=True)
class Batches:
    """Units of rows that stay together, distributed over steps and epochs."""

    units: Sequence[Sequence[int]]
    """A row of the file each: as many pairs as it has rejected answers."""
    size: int
    """Units per step, over all processes."""
    seed: int | None
    """None keeps their order, in every epoch."""

    @property
    def per_epoch(self) -> int:
        """Steps per epoch."""
        return math.ceil(len(self.units) / self.size)

    def rows(self, step: int) -> list[int]:
        """The pairs of one step, counted from 0."""
        epoch, place = divmod(step, self.per_epoch)
        order: Sequence[int] = range(len(self.units))
        if self.seed is not None:
            order = epoch_order(len(self.units), self.seed, epoch)
        taken = order[place * self.size : (place + 1) * self.size]
        return [row for unit in taken for row in self.units[unit]]


def plan(
    units: Sequence[Sequence[int]],
    scores: Scored,
    settings: TrainSettings,
    size: int,
    say: Callable[[str], None],
) -> Batches:
    """The units that the settings select, in the order that they specify.

    Raises:
        SeapoError: none are left.
    """
    if settings.margin_window:
        left = within(units, scores, settings.margin_window)
        given, kept = (sum(map(len, each)) for each in (units, left))
        say(f"{given - kept:,} of {given:,} pairs left out: reference margin out of the window")
        units = left
    if settings.order == "easy-first":
        return Batches(easy_first(units, scores), size, None)
    return Batches(units, size, settings.seed)


@cache
def epoch_order(units: int, seed: int, epoch: int) -> Sequence[int]:
    """The units of one epoch in their order; a function of the seed and the epoch alone."""
    order = list(range(units))
    random.Random(f"{seed} {epoch}").shuffle(order)
    return order
