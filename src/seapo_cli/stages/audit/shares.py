"""A share of pairs, with the interval in which it lies."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from seapo_cli.stages.audit.features import Array

_Z = 1.959964
"""Of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of pairs, from 0 to 1, with its 95% interval."""

    value: float
    low: float
    high: float

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        return {"value": self.value, "low": self.low, "high": self.high}


def share(outcomes: Array, prompts: Array) -> Share:
    """The mean of outcomes from 0 to 1 (a tie is 0.5), one for each pair.

    Wilson's interval. Pairs of one prompt are not independent: their number counts for as many
    independent ones as give the variance that is seen between prompts, and for no more than
    there are pairs.
    """
    count = len(outcomes)
    mean = float(np.mean(outcomes))
    numbers = np.unique(prompts, return_inverse=True)[1]
    sums = np.bincount(numbers, outcomes - mean)
    spread = float(np.sum(sums**2)) / count**2
    alone = mean * (1 - mean)
    effective = min(float(count), alone / spread) if spread > 0 else float(len(sums))
    return wilson(mean, effective)


def wilson(mean: float, count: float) -> Share:
    """Wilson's interval of a share among `count` independent cases."""
    middle = (mean + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * sqrt(mean * (1 - mean) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return Share(mean, max(0.0, middle - half), min(1.0, middle + half))
