"""Results of a model on a task, as figures with their standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seapo_cli.calls import canonical_json
from seapo_cli.stages.audit.classify import cross_validate
from seapo_cli.stages.audit.features import features
from seapo_cli.stages.audit.gather import Item as Sides
from seapo_cli.stages.evaluation.items import OUTCOMES, Found, Item, Task
from seapo_cli.statistics import (
    Array,
    Estimate,
    Share,
    auc,
    estimate,
    estimate_share,
    mean,
    scaled_mean,
    share,
)

Results = Sequence[tuple[Item, Found]]
Group = tuple[str, str]
"""What the items of a part have in common: `type` or `source`, and its value."""
ALL: Group = ("all", "all")


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of a model on some of a task's items."""

    group: Group
    items: int
    figures: Mapping[str, Estimate]
    """Means of outcomes; for margins also one that does not grow as a model gets more confident."""

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        by, name = self.group
        found = {key: figure.dump() for key, figure in self.figures.items()}
        return {"by": by, "name": name, "items": self.items, **found}


def parts(results: Results) -> list[Part]:
    """Figures of all items, then of each type and source if there are several."""
    return [
        Part(group, len(rows), _figures([results[row] for row in rows]))
        for group, rows in groups([item for item, _ in results]).items()
        if rows
    ]


def groups(items: Sequence[Item]) -> dict[Group, list[int]]:
    """Indices of the items of each part."""
    found = {ALL: list(range(len(items)))}
    for by in ("type", "source"):
        labels = [(item.labels or {}).get(by) for item in items]
        names = sorted({label for label in labels if label is not None})
        for name in names if len(names) > 1 else ():
            found[by, name] = [place for place, label in enumerate(labels) if label == name]
    return found


def _figures(results: Results) -> dict[str, Estimate]:
    clusters = np.array([item.cluster for item, _ in results])
    keys = [key for key in OUTCOMES if key in results[0][1]]
    found = {key: estimate_share(column(results, key), clusters) for key in keys}
    if "margin" in results[0][1]:
        margins = column(results, "margin")
        found["margin"] = estimate(mean(margins), clusters)
        found["scaled_margin"] = estimate(scaled_mean(margins), clusters)
    if "chosen" in results[0][1]:
        chosen, rejected = (means(results, side) for side in ("chosen", "rejected"))
        found["auc"] = estimate(auc(chosen, rejected), clusters)
        found["chosen"] = estimate(mean(chosen), clusters)
        found["rejected"] = estimate(mean(rejected), clusters)
    return found


def column(results: Results, key: str) -> Array:
    """(items,) the values under a key."""
    return np.array([found[key] for _, found in results], float)


def means(results: Results, side: str) -> Array:
    """(items,) mean log-probability per token of a side."""
    values = [(found[side]["sum"], found[side]["tokens"]) for _, found in results]
    return np.array([total / count for total, count in values], float)


@dataclass(frozen=True, slots=True)
class ResponseOnly:
    """How often a classifier that does not see the question finds the right side of pairs."""

    group: Group
    accuracy: Share
    p_value: float
    """The p-value: how often chance alone would do as well."""

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        by, name = self.group
        return {"by": by, "name": name, "accuracy": self.accuracy.dump(), "p_value": self.p_value}


def response_only(task: Task, seed: int) -> dict[Group, ResponseOnly]:
    """The audit's classifier, for each part with enough prompts to learn from."""
    items = [item for item in task.items if item.question is not None]
    if task.needs != "chat scores" or not items:
        return {}
    numbers: dict[str, int] = {}
    sides = []
    for item in items:
        assert item.question is not None
        turns = canonical_json([turn.key for turn in item.question.messages])
        prompt = numbers.setdefault(turns, len(numbers))
        sides.append(Sides(prompt, *item.question.answers))
    known = features(sides)
    found: dict[Group, ResponseOnly] = {}
    for group, rows in groups(items).items():
        some = known.of(np.array(rows))
        if (telling := cross_validate(some, seed)) is not None:
            accuracy = share(telling.right, some.prompts)
            found[group] = ResponseOnly(group, accuracy, telling.p_value)
    return found
