"""Two models on the same items: what differs, how certainly, and what could have been detected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seapo_cli.stages.evaluation.figures import Results, column, means
from seapo_cli.stages.evaluation.items import OUTCOMES
from seapo_cli.statistics import (
    Array,
    Estimate,
    McNemar,
    auc,
    bootstrap,
    detectable_share,
    difference,
    holm,
    mcnemar,
    mean,
    scaled_mean,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One outcome of a task: the second model minus the first."""

    task: str
    first: str
    second: str
    outcome: str
    items: int
    clusters: int
    difference: float
    error: float
    interval: tuple[float, float]
    """95%."""
    test: str
    p_value: float
    detectable: float
    """The smallest difference that 80% of such samples would have detected."""
    discordant: McNemar | None = None
    """Of right and wrong."""
    holm: float = 1.0
    """The p-value, adjusted for the number of tasks."""

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        counts = {}
        if self.discordant:
            counts = {"gained": self.discordant.gained, "lost": self.discordant.lost}
        return {
            "task": self.task,
            "first": self.first,
            "second": self.second,
            "outcome": self.outcome,
            "items": self.items,
            "clusters": self.clusters,
            "difference": self.difference,
            "error": self.error,
            "low": self.interval[0],
            "high": self.interval[1],
            "test": self.test,
            "p_value": self.p_value,
            "holm": self.holm,
            "smallest_detectable": self.detectable,
            **counts,
        }


def compare(
    task: str, first: tuple[str, Results], second: tuple[str, Results], seed: int = 0
) -> list[Comparison]:
    """The outcomes of a task, on the items that both models have a result for."""
    one, other = _matched(first[1], second[1])
    if not one:
        return []
    clusters = np.array([item.cluster for item, _ in one])
    comparer = _Comparer(task, first[0], second[0], clusters, seed)
    main = next(key for key in OUTCOMES if key in one[0][1])
    found = [comparer.shares(main, column(one, main), column(other, main), exact=main == "right")]
    if "margin" in one[0][1]:
        found.append(comparer.margins(column(one, "margin"), column(other, "margin")))
    if "chosen" in one[0][1]:
        sides = [[means(some, side) for side in ("chosen", "rejected")] for some in (one, other)]
        found.append(comparer.areas(sides[0], sides[1]))
    return found


def adjusted(found: Sequence[Comparison]) -> list[Comparison]:
    """With Holm's p-values: over the tasks, for each outcome and each pair of models."""
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, one in enumerate(found):
        outcome = "right" if one.outcome == "score" else one.outcome
        families.setdefault((one.first, one.second, outcome), []).append(place)
    done = list(found)
    for places in families.values():
        values = holm([found[place].p_value for place in places])
        for place, value in zip(places, values, strict=True):
            done[place] = replace(found[place], holm=value)
    return done


def _matched(first: Results, second: Results) -> tuple[Results, Results]:
    known = {item.line: (item, found) for item, found in second}
    both = [(item, found) for item, found in first if item.line in known]
    return both, [known[item.line] for item, _ in both]


@dataclass(frozen=True, slots=True)
class _Comparer:
    """Compares two models on the items of one task."""

    task: str
    first: str
    second: str
    clusters: Array
    seed: int

    def shares(self, outcome: str, one: Array, other: Array, exact: bool) -> Comparison:
        """Right and wrong (`exact`), or shares of probability."""
        found = self._comparison(outcome, difference(mean(one), mean(other), self.clusters))
        if not exact:
            return found
        counts = mcnemar(one, other)
        found = replace(
            found, discordant=counts, detectable=detectable_share(one, other, self.clusters)
        )
        if found.clusters < found.items:  # the exact test is for independent items
            return found
        return replace(found, test="exact McNemar", p_value=counts.p_value)

    def margins(self, one: Array, other: Array) -> Comparison:
        """Margins divided by their spread."""
        seen = difference(scaled_mean(one), scaled_mean(other), self.clusters)
        p_value, interval = bootstrap(scaled_mean, one, other, self.clusters, self.seed)
        found = self._comparison("scaled_margin", seen)
        return replace(found, interval=interval, test="paired bootstrap", p_value=p_value)

    def areas(self, one: Sequence[Array], other: Sequence[Array]) -> Comparison:
        """Areas under the curve."""
        return self._comparison("auc", difference(auc(*one), auc(*other), self.clusters))

    def _comparison(self, outcome: str, seen: Estimate) -> Comparison:
        return Comparison(
            task=self.task,
            first=self.first,
            second=self.second,
            outcome=outcome,
            items=len(self.clusters),
            clusters=seen.clusters,
            difference=seen.value,
            error=seen.error,
            interval=seen.interval() or (-1.0, 1.0),
            test="clustered t",
            p_value=seen.p_value,
            detectable=seen.detectable(),
        )
