"""Differences between arms: paired by question, clustered by source, over seeds.

The variance of a difference has two parts. That of the items is the clustered one of the mean over
seeds; that of the seeds is the variance of the differences seed by seed, over their number, where
both arms have the same seeds, and else that of arms with several seeds. What items and seeds do
together is in both, so intervals are a little too wide rather than too narrow. Degrees of freedom
by Welch and Satterthwaite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

import numpy as np
from scipy import stats

from seapo_cli.statistics import (
    Array,
    Statistic,
    auc,
    estimate,
    holm,
    mean,
    scaled_mean,
)

Items = Sequence[Sequence[float]]
"""Rows of a line and its figures, as `outcomes.compact` makes them."""
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm minus another one."""

    value: float
    error: float
    freedom: float
    """Of Student's t."""
    seeds: int
    """Pairs of runs with the same seed; 1 where the seeds' part is borrowed."""

    def interval(self) -> tuple[float, float]:
        """95%."""
        half = float(stats.t.ppf(0.975, self.freedom)) * self.error
        return self.value - half, self.value + half

    @property
    def p_value(self) -> float:
        """Two-sided, against 0."""
        if self.error == 0:
            return float(self.value == 0)
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.freedom))

    def detectable(self) -> float:
        """The smallest difference that 80% of such studies would have shown at 5%."""
        t = stats.t(self.freedom)
        return float(t.ppf(0.975) + t.ppf(_POWER)) * self.error


def right(items: Items) -> Statistic:
    """How often chosen has the higher mean log-probability of a token; a tie is half."""
    return mean((1 + np.sign(margins(items))) / 2)


def area(items: Items) -> Statistic:
    """How often any chosen answer scores higher than any rejected one."""
    return auc(*_sides(items))


def margin(items: Items) -> Statistic:
    """Margins over their spread: that is the temperature which is fitted away."""
    return scaled_mean(margins(items))


def score(items: Items) -> Statistic:
    """The mean of a benchmark's scores."""
    return mean(np.array([row[1] for row in items], float))


def chosen(items: Items) -> Statistic:
    """Chosen's log-probability per token."""
    return mean(_sides(items)[0])


MEASURES: Mapping[str, Callable[[Items], Statistic]] = {
    "scaled_margin": margin,
    "accuracy": right,
    "auc": area,
}


def scaled(items: Items) -> float:
    """A set's scaled margin."""
    return margin(items).value


def perplexity(items: Items) -> float:
    """Of all tokens of the chosen answers together."""
    total, tokens = (sum(row[place] for row in items) for place in (1, 2))
    return float(np.exp(-total / tokens))


def _sides(items: Items) -> tuple[Array, Array]:
    table = np.array(items, float)
    return table[:, 1] / table[:, 2], table[:, 3] / table[:, 4]


def margins(items: Items) -> Array:
    """Mean log-probability of a token of chosen minus rejected's, pair by pair."""
    one, other = _sides(items)
    return np.asarray(one - other)


def together(found: Sequence[Statistic]) -> Statistic:
    """The mean of the figures of several sets, their items one after the other."""
    count = sum(len(one.influence) for one in found)
    parts = [one.influence * (count / (len(found) * len(one.influence))) for one in found]
    return Statistic(float(np.mean([one.value for one in found])), np.concatenate(parts))


def apart(sets: Sequence[Sequence[object]]) -> Array:
    """Clusters of several sets, one after the other: none goes from one set into another."""
    labels = [f"{number} {cluster}" for number, one in enumerate(sets) for cluster in one]
    return np.array(labels)


@dataclass(frozen=True, slots=True)
class Differences:
    """Makes differences of one measure."""

    figures: Mapping[str, Mapping[int, Statistic]]
    """By arm and seed; a model without training has one seed, 0, which adds nothing."""
    clusters: Array
    untrained: str = "base"

    def of(self, arm: str, control: str) -> Difference:
        """The arm minus the control."""
        one, other = self.figures[arm], self.figures[control]
        shared = sorted(one.keys() & other.keys())
        paired = len(shared) > 1
        if paired:  # only what has a partner
            one, other = ({seed: of[seed] for seed in shared} for of in (one, other))
        value = _middle(one) - _middle(other)
        items = estimate(Statistic(value, _influence(one) - _influence(other)), self.clusters)
        if paired:
            each = [one[seed].value - other[seed].value for seed in shared]
            seeds, freedom = float(np.var(each, ddof=1)) / len(each), len(each) - 1.0
        else:
            spread, freedom = self._borrowed()
            trained = [of for name, of in ((arm, one), (control, other)) if name != self.untrained]
            seeds = spread * sum(1 / len(of) for of in trained)
        parts = ((items.error**2, max(1, items.clusters - 1)), (seeds, max(1.0, freedom)))
        total = sum(variance for variance, _ in parts)
        below = sum(variance**2 / degrees for variance, degrees in parts)
        return Difference(
            value, sqrt(total), total**2 / below if below else inf, len(shared) if paired else 1
        )

    def _borrowed(self) -> tuple[float, float]:
        """The variance between seeds, of all arms that have several, and its degrees of freedom."""
        several = [[one.value for one in of.values()] for of in self.figures.values()]
        several = [values for values in several if len(values) > 1]
        freedom = sum(len(values) - 1 for values in several)
        squares = sum(float(np.var(values)) * len(values) for values in several)
        return (squares / freedom, float(freedom)) if freedom else (0.0, 1.0)


def _middle(of: Mapping[int, Statistic]) -> float:
    return float(np.mean([one.value for one in of.values()]))


def _influence(of: Mapping[int, Statistic]) -> Array:
    return np.asarray(np.mean([one.influence for one in of.values()], axis=0))


@dataclass(frozen=True, slots=True)
class Results:
    """All runs that are finished."""

    runs: Mapping[str, Mapping[int, Mapping[str, Items]]]
    """Items by arm, seed and task; `base` under seed 0."""
    clusters: Mapping[str, Sequence[str]]
    sets: tuple[str, ...]
    """The primary outcome."""

    def differences(self, measure: str, sets: Sequence[str] | None = None) -> Differences:
        """Of the mean over the sets, by default all primary ones."""
        of, chosen_sets = MEASURES[measure], self.sets if sets is None else sets
        return self.of(lambda items: together([of(items[one]) for one in chosen_sets]), chosen_sets)

    def of(
        self, figure: Callable[[Mapping[str, Items]], Statistic], sets: Sequence[str]
    ) -> Differences:
        """Of any figure of the sets' items."""
        figures = {
            arm: {seed: figure(items) for seed, items in seeds.items()}
            for arm, seeds in self.runs.items()
        }
        return Differences(figures, apart([self.clusters[one] for one in sets]))

    def by_set(self, measure: str, arm: str, control: str) -> dict[str, tuple[Difference, float]]:
        """Of each primary set: the difference, and its p-value adjusted by Holm's method."""
        found = {one: self.differences(measure, [one]).of(arm, control) for one in self.sets}
        adjusted = holm([one.p_value for one in found.values()])
        return {name: (one, p) for (name, one), p in zip(found.items(), adjusted, strict=True)}


def verdict(differences: Mapping[str, Difference]) -> str:
    """What the differences from the controls say: the mix must beat each of them."""
    better = [name for name, one in differences.items() if one.value > 0 and one.p_value < 0.05]
    worse = [name for name, one in differences.items() if one.value < 0 and one.p_value < 0.05]
    if len(better) == len(differences):
        return "yes: the mix beats every control"
    told = [f"beats {' and '.join(better)}"] * bool(better)
    told += [f"is worse than {' and '.join(worse)}"] * bool(worse)
    rest = [name for name in differences if name not in (*better, *worse)]
    told += [f"is not told apart from {' and '.join(rest)}"] * bool(rest)
    return f"no: the mix {', '.join(told)}"


def read_results(found: Mapping[str, Mapping[str, Any]], sets: Sequence[str]) -> Results:
    """From the files of the results folder, by name: `base`, `items`, and one for each run."""
    runs: dict[str, dict[int, Mapping[str, Items]]] = {"base": {0: found["base"]["items"]}}
    for name, one in found.items():
        if name not in ("base", "items"):
            runs.setdefault(one["arm"], {})[one["seed"]] = one["items"]
    return Results(runs, found["items"]["clusters"], tuple(sets))
