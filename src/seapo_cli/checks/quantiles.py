"""Quantiles of what a check measures: a row cannot wait for all others, but the next run can."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import PrivateAttr

from seapo_cli.checks.base import SlowCheck
from seapo_cli.checks.pair import CheckedPair

_KEPT_VALUES = 2000
_SHOWN = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)


class Quantiles:
    """Of a sample of fixed size, drawn by the rows' content: the same in every run."""

    def __init__(self) -> None:
        self._values: list[tuple[int, float]] = []

    @property
    def sample(self) -> Sequence[tuple[int, float]]:
        """Draws and values, as `merge` takes them."""
        return self._values

    def add(self, pair: CheckedPair, value: float) -> None:
        """Take in the value of a pair."""
        text = f"{pair.row.id}\n{pair.negative}".encode(errors="surrogatepass")
        self.merge([(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()), value)])

    def merge(self, sample: Iterable[Sequence[Any]]) -> None:
        """Take in the sample of others: what is kept is the sample of all."""
        for draw, value in sample:
            keep = heapq.heappush if len(self._values) < _KEPT_VALUES else heapq.heappushpop
            keep(self._values, (draw, value))

    def summary(self) -> dict[str, Any]:
        """The quantiles, and of how many values; nothing where there are none."""
        values = sorted(value for _, value in self._values)
        if not values:
            return {}
        quantiles = {f"{q:g}": values[int(q * len(values))] for q in _SHOWN}
        return {"quantiles": quantiles, "of": len(values)}


class MeasuredCheck(SlowCheck):
    """A check that reports the quantiles of what it measures."""

    _quantiles: Quantiles = PrivateAttr(default_factory=Quantiles)

    def summary(self) -> dict[str, Any]:
        return self._quantiles.summary()

    def part(self) -> dict[str, Any]:
        return {"sample": self._quantiles.sample}

    def merge(self, part: Mapping[str, Any]) -> None:
        self._quantiles.merge(part["sample"])
