"""Which rows of the data set each step takes."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Batches:
    """Units of rows that stay together, dealt out over steps and epochs."""

    units: Sequence[Sequence[int]]
    """A row of the file each: as many pairs as it has rejected answers."""
    size: int
    """Units in a step, of all processes together."""
    seed: int

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch."""
        return math.ceil(len(self.units) / self.size)

    def rows(self, step: int) -> list[int]:
        """The pairs of one step, counted from 0."""
        epoch, place = divmod(step, self.per_epoch)
        order = epoch_order(len(self.units), self.seed, epoch)
        taken = order[place * self.size : (place + 1) * self.size]
        return [row for unit in taken for row in self.units[unit]]


@cache
def epoch_order(units: int, seed: int, epoch: int) -> Sequence[int]:
    """The units of one epoch in their order; a function of the seed and the epoch alone."""
    order = list(range(units))
    random.Random(f"{seed} {epoch}").shuffle(order)
    return order
