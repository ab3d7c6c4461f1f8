"""The findings of an evaluation: tables for people, figures for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.stages.evaluation.compare import Comparison, adjusted, compare
from seapo_cli.stages.evaluation.figures import (
    ALL,
    Group,
    Part,
    ResponseOnly,
    Results,
    parts,
    response_only,
)
from seapo_cli.stages.evaluation.items import HEADS, SIGNIFICANT, Task
from seapo_cli.statistics import Estimate
from seapo_cli.text.tables import table

_WITH_INTERVAL = ("right", "score", "scaled_margin")


@dataclass(slots=True)
class EvaluationReport:
    """An evaluation as a run reports it."""

    tasks: Sequence[Task]
    results: Mapping[tuple[str, str], Results]
    """By model and task."""
    models: Sequence[str]
    not_run: Mapping[str, Mapping[str, str]]
    """By model and task: why."""
    compared: bool = False
    seed: int = 0
    name: str = "eval"
    _parts: dict[tuple[str, str], list[Part]] = field(default_factory=dict)
    _baselines: dict[str, dict[Group, ResponseOnly]] = field(default_factory=dict)
    _comparisons: list[Comparison] = field(default_factory=list)

    def work_out(self) -> None:
        """Compute all figures; to be called first."""
        for task in self.tasks:
            models = [name for name in self.models if self.results.get((name, task.name))]
            for name in models:
                self._parts[name, task.name] = parts(self.results[name, task.name])
            if models:
                self._baselines[task.name] = response_only(task, self.seed)
            if self.compared and models and models[0] == self.models[0]:
                first = (models[0], self.results[models[0], task.name])
                for name in models[1:]:
                    second = (name, self.results[name, task.name])
                    self._comparisons += compare(task.name, first, second, self.seed)
        self._comparisons = adjusted(self._comparisons)

    def summary(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {
            "tasks": [
                {
                    "task": task,
                    "model": model,
                    "parts": [part.dump() for part in some],
                }
                for (model, task), some in self._parts.items()
            ],
            "response_only": {
                task: [one.dump() for one in some.values()]
                for task, some in self._baselines.items()
                if some
            },
            "not_run": {model: dict(why) for model, why in self.not_run.items()},
        }
        if self.compared:
            found["comparisons"] = [one.dump() for one in self._comparisons]
        return found

    def summary_text(self) -> str:
        """The summary for people, in lines."""
        found = [self._table(task) for task in self.tasks if self._of(task)]
        found += [line for task in self.tasks for line in self._cut(task)]
        if self._comparisons:
            found.append(_compared(self._comparisons))
        return "\n\n".join(found)

    def _cut(self, task: Task) -> list[str]:
        """How many answers were cut off; they are scored as they are."""
        counts = {
            model: sum(
                found.get("finish_reason") == "length"
                for _, found in self.results.get((model, task.name), ())
            )
            for model in self.models
        }
        return [
            f"{task.name}: {count:,} answers of {model} were cut by the token limit (--max-tokens)"
            for model, count in counts.items()
            if count
        ]

    def _of(self, task: Task) -> list[tuple[str, Part]]:
        return [
            (model, part)
            for model in self.models
            for part in self._parts.get((model, task.name), ())
        ]

    def _table(self, task: Task) -> str:
        rows = self._of(task)
        keys = [key for key in HEADS if key in rows[0][1].figures]
        baselines = self._baselines.get(task.name, {})
        head = ["", "items"]
        for key in keys:
            head += [HEADS[key]] + ["95%"] * (key in _WITH_INTERVAL)
        head += ["without the question"] * bool(baselines)
        lines = [head]
        for model, part in rows:
            by, name = part.group
            cells = [model if part.group == ALL else f"  {by} {name}", f"{part.items:,}"]
            for key in keys:
                cells += _cells(part.figures[key], key in _WITH_INTERVAL)
            if baselines:
                known = baselines.get(part.group)
                cells.append(_share(known) if known else "too few prompts")
            lines.append(cells)
        return f"{task.name}\n{table(lines)}"


def _share(found: ResponseOnly) -> str:
    accuracy = found.accuracy
    return f"{accuracy.value:.3f} {accuracy.low:.3f}-{accuracy.high:.3f}"


def _cells(figure: Estimate, interval: bool) -> list[str]:
    cells = [f"{figure.value:.3f}"]
    if interval:
        bounds = figure.interval()
        cells.append(f"{bounds[0]:.3f} to {bounds[1]:.3f}" if bounds else "")
    return cells


def _compared(found: Sequence[Comparison]) -> str:
    rows = [["", "outcome", "difference", "95%", "p", "Holm", "detectable", "test"]]
    for one in found:
        low, high = one.interval
        mark = "*" if one.holm < SIGNIFICANT else " "
        counts = one.discordant
        only = f", {counts.gained} gained, {counts.lost} lost" if counts else ""
        rows.append(
            [
                f"{one.second} minus {one.first}: {one.task}",
                HEADS[one.outcome],
                f"{one.difference:+.4f}{mark}",
                f"{low:+.4f} to {high:+.4f}",
                f"{one.p_value:.3f}",
                f"{one.holm:.3f}",
                f"{one.detectable:.4f}",
                f"{one.test}{only}",
            ]
        )
    note = (
        "* Holm's p below 0.05. Detectable: the smallest difference that 80% of samples like "
        "this one would have shown."
    )
    return f"{table(rows)}\n{note}"
