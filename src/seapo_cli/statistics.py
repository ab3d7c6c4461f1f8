"""Figures with their intervals, and paired comparisons; pure functions of arrays.

Items are not independent where they share a prompt or a source: standard errors are then those of
sums over clusters (Miller, arXiv 2411.00640), and the bootstrap draws whole clusters.

Arrays are (items,) floats; `clusters` is (items,) of anything that can be sorted, equal within a
cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

Array = np.ndarray[Any, Any]

_Z = 1.959964
"""Of a 95% interval."""
_POWER_Z = _Z + 0.841621
"""Standard errors between no difference and one that 80% of tests at 5% find."""
_NOISE = 1e-12
_NOTHING_SEEN = 3.0
"""Up to so many events are likely (95%) where none was seen."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its clustered standard error."""

    value: float
    error: float
    clusters: int
    bounds: tuple[float, float] | None = None
    """The 95% interval, where another one is better than Student's t."""

    def interval(self) -> tuple[float, float] | None:
        """95%, by Student's t with one degree of freedom fewer than there are clusters.

        None where there is only one cluster.
        """
        if self.bounds or self.clusters < 2:
            return self.bounds
        half = self.error * float(stats.t.ppf(0.975, self.clusters - 1))
        return self.value - half, self.value + half

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        found = self.interval()
        bounds = {"low": found[0], "high": found[1]} if found else {}
        return {"value": self.value, "error": self.error, "clusters": self.clusters, **bounds}

    @property
    def p_value(self) -> float:
        """Two-sided, against 0."""
        if self.clusters < 2:
            return 1.0
        if self.error == 0:
            return float(self.value == 0)
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.clusters - 1))

    def detectable(self) -> float:
        """The smallest difference that 80% of such samples would have shown at 5%."""
        return _POWER_Z * self.error


@dataclass(frozen=True, slots=True)
class Share:
    """A share of items, from 0 to 1, with its 95% interval."""

    value: float
    low: float
    high: float

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure of one model as a function of its items, linearised.

    The figure moves with an item about by its part in `influence` over the number of items.
    """

    value: float
    influence: Array
    """(items,) with a mean of 0."""


def mean(values: Array) -> Statistic:
    """The mean: of right and wrong, it is the accuracy."""
    middle = float(np.mean(values))
    return Statistic(middle, values - middle)


def scaled_mean(margins: Array) -> Statistic:
    """The mean over the standard deviation: it does not grow as a model gets sharper."""
    middle, spread = float(np.mean(margins)), float(np.std(margins))
    if spread <= _NOISE * max(1.0, abs(middle)):
        return Statistic(0.0, np.zeros_like(margins))
    centred = (margins - middle) / spread
    value = middle / spread
    return Statistic(value, centred - value / 2 * (centred**2 - 1))


def auc(chosen: Array, rejected: Array) -> Statistic:
    """How often any chosen answer scores higher than any rejected one, a tie being half.

    The influence is that of DeLong, DeLong and Clarke-Pearson (1988); an item holds both answers.
    """
    above = _share_below(np.sort(rejected), chosen)
    below = 1 - _share_below(np.sort(chosen), rejected)
    value = float(np.mean(above))
    return Statistic(value, above + below - 2 * value)


def _share_below(values: Array, points: Array) -> Array:
    """(points,) the share of sorted values that are smaller; equal ones count half."""
    left = np.searchsorted(values, points, side="left")
    right = np.searchsorted(values, points, side="right")
    return np.asarray((left + right) / (2 * len(values)))


def estimate(outcome: Statistic, clusters: Array) -> Estimate:
    """A model's figure with its standard error."""
    return _estimated(outcome.value, outcome.influence, clusters)


def difference(one: Statistic, other: Statistic, clusters: Array) -> Estimate:
    """The other model's figure minus the one's, on the same items in the same order."""
    return _estimated(other.value - one.value, other.influence - one.influence, clusters)


def share(outcomes: Array, clusters: Array) -> Share:
    """The mean of outcomes from 0 to 1 (a tie is 0.5), with Wilson's interval.

    Items of one cluster are not independent: they count for as many independent ones as give the
    variance that is seen between clusters, and for no more than there are items.
    """
    count = len(outcomes)
    middle = float(np.mean(outcomes))
    sums = _cluster_sums(outcomes - middle, clusters)
    spread = float(np.sum(sums**2)) / count**2
    alone = middle * (1 - middle)
    effective = min(float(count), alone / spread) if spread > 0 else float(len(sums))
    return wilson(middle, effective)


def wilson(value: float, count: float) -> Share:
    """Wilson's interval of a share among `count` independent cases."""
    middle = (value + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * sqrt(value * (1 - value) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return Share(value, max(0.0, middle - half), min(1.0, middle + half))


def estimate_share(outcomes: Array, clusters: Array) -> Estimate:
    """The mean of outcomes from 0 to 1, with an interval that stays between 0 and 1."""
    found = share(outcomes, clusters)
    return replace(estimate(mean(outcomes), clusters), bounds=(found.low, found.high))


def _cluster_sums(values: Array, clusters: Array) -> Array:
    """(clusters,) sums of the items' values."""
    return np.bincount(np.unique(clusters, return_inverse=True)[1], values)


def _estimated(value: float, influence: Array, clusters: Array) -> Estimate:
    sums = _cluster_sums(influence, clusters)
    count = len(sums)
    if count < 2:
        return Estimate(value, 0.0, count)
    error = sqrt(count / (count - 1) * float(np.sum(sums**2))) / len(influence)
    return Estimate(_rounded(value), _rounded(error), count)


def _rounded(value: float) -> float:
    """0 where there is nothing but what rounding leaves."""
    return value if abs(value) > _NOISE else 0.0


@dataclass(frozen=True, slots=True)
class McNemar:
    """On how many items only one of two models is right."""

    gained: int
    """Only the other (second) one."""
    lost: int
    """Only the one (first)."""
    p_value: float
    """Exact, two-sided; for items that are independent of each other."""


def mcnemar(one: Array, other: Array) -> McNemar:
    """McNemar's exact test of right (1) and wrong (0)."""
    gained, lost = int(np.sum(other > one)), int(np.sum(one > other))
    found = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    return McNemar(gained, lost, float(found))


def bootstrap(
    of: Callable[[Array], Statistic],
    one: Array,
    other: Array,
    clusters: Array,
    seed: int = 0,
    draws: int = 2000,
) -> tuple[float, tuple[float, float]]:
    """Two-sided p-value and 95% interval of a difference between figures, by paired bootstrap-t.

    Whole clusters are drawn, and both models keep their items together. Differences are divided
    by their own standard errors, so that the rate of false positives is right in small samples.
    """
    seen = difference(of(one), of(other), clusters)
    if seen.clusters < 2 or seen.error == 0:
        return (1.0 if seen.value == 0 or seen.clusters < 2 else 0.0), (seen.value, seen.value)
    numbers = np.unique(clusters, return_inverse=True)[1]
    order = np.argsort(numbers, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(numbers))[:-1])
    rng = np.random.default_rng(seed)
    ratios = []
    for _ in range(draws):
        drawn = rng.integers(len(members), size=len(members))
        if len(members) == len(order):  # most of the time would go into putting lists together
            rows, labels = order[drawn], np.arange(len(order))
        else:
            rows = np.concatenate([members[cluster] for cluster in drawn])
            sizes = [len(members[cluster]) for cluster in drawn]
            labels = np.repeat(np.arange(len(drawn)), sizes)
        again = difference(of(one[rows]), of(other[rows]), labels)
        if again.error > 0:
            ratios.append((again.value - seen.value) / again.error)
    found = np.array(ratios)
    p = (1 + float(np.sum(np.abs(found) >= abs(seen.value) / seen.error))) / (1 + len(found))
    low, high = np.quantile(found, [0.025, 0.975]) if len(found) else (0.0, 0.0)
    interval = (seen.value - seen.error * float(high), seen.value - seen.error * float(low))
    return p, interval


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the given order."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found, most = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = most
    return found


def detectable_share(one: Array, other: Array, clusters: Array) -> float:
    """The smallest difference in accuracy that 80% of samples of this size would have shown.

    At the discordance that was seen; where none was, at the most that is likely.
    """
    seen = difference(mean(one), mean(other), clusters)
    if seen.error > 0:
        return seen.detectable()
    return _POWER_Z * sqrt(min(_NOTHING_SEEN, len(one))) / len(one)
