"""Training curves, of one run or of several beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from seapo_cli.report.inputs import Document
from seapo_cli.report.loose import amount, mapping
from seapo_cli.report.plots import Colours, legend
from seapo_cli.report.sections import Figure, Section, Table, number
from seapo_cli.text.safe import label

_CURVES = {
    "loss": "Loss",
    "rewards/margins": "Margin of rewards: chosen minus rejected",
    "rewards/accuracies": "Share of pairs with the chosen side ahead",
    "logps/chosen": "Log-probability of the chosen answers",
    "logps/rejected": "Log-probability of the rejected answers",
    "learning_rate": "Learning rate",
    "grad_norm": "Norm of the gradient",
}
_BY_TYPE = ("rewards/margins", "rewards/accuracies")
_MOST_TYPES = 6
_LAST = ("eval/loss", "eval/rewards/margins", "eval/rewards/accuracies", "eval/logps/chosen")

Lines = Sequence[Document]
Points = list[tuple[float, float]]


def training(metrics: Mapping[str, Lines]) -> Section | None:
    """The section; None without metrics."""
    if not metrics:
        return None
    runs = _named(metrics)
    parts: list[Table | Figure] = [_table(runs)]
    parts += [
        _curve(key, title, runs)
        for key, title in _CURVES.items()
        if any(_points(lines, key) or _points(lines, f"eval/{key}") for lines in runs.values())
    ]
    for number_, (run, lines) in enumerate(runs.items()):
        where = f" of {run}" if len(runs) > 1 else ""
        parts += [
            _by_type(f"{number_}-{key.replace('/', '-')}", key, where, lines)
            for key in _BY_TYPE
            if _types(lines)
        ]
    lead = "Lines are training steps, points are evaluations on held-out pairs."
    return Section("training", "Training", lead, parts)


def _named(metrics: Mapping[str, Lines]) -> dict[str, Lines]:
    """Lines by the shortest name that tells the runs apart: a folder often names the run."""
    short = [Path(file).parent.name or Path(file).name for file in metrics]
    if len(set(short)) < len(short):
        short = list(metrics)
    return dict(zip(map(label, short), metrics.values(), strict=True))


def _points(lines: Lines, *path: str) -> Points:
    found = ((amount(line, "step"), amount(line, *path)) for line in lines)
    return [(step, value) for step, value in found if step is not None and value is not None]


def _curve(key: str, title: str, runs: Mapping[str, Lines]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        for (run, lines), colour in zip(runs.items(), cycle(colours.series), strict=False):
            _line(axes, _points(lines, key), colour, run)
            _dots(axes, _points(lines, f"eval/{key}"), colour)
        _axes(axes, key)
        if len(runs) > 1:
            legend(axes)

    ends = []
    for run, lines in runs.items():
        points = _points(lines, f"eval/{key}") or _points(lines, key)
        if points:
            ends.append(f"{run}: {points[0][1]:.4g} to {points[-1][1]:.4g}")
    return Figure(f"train-{key.replace('/', '-')}", title, "; ".join(ends), draw)


def _types(lines: Lines) -> list[str]:
    names: dict[str, None] = {}
    for line in lines:
        for key in ("eval/by_error_type", "by_error_type"):
            names |= dict.fromkeys(mapping(line, key))
    return list(names)[:_MOST_TYPES]


def _by_type(name: str, key: str, where: str, lines: Lines) -> Figure:
    kinds = _types(lines)
    evaluated = any(_points(lines, "eval/by_error_type", kind, key) for kind in kinds)
    group = "eval/by_error_type" if evaluated else "by_error_type"

    def draw(axes: Any, colours: Colours) -> None:
        for kind, colour in zip(kinds, colours.series, strict=False):
            points = _points(lines, group, kind, key)
            _line(axes, points, colour, label(kind))
            if evaluated:
                _dots(axes, points, colour)
        _axes(axes, key)
        legend(axes)

    ends = [
        f"{label(kind)} {points[-1][1]:.4g}"
        for kind in kinds
        if (points := _points(lines, group, kind, key))
    ]
    held = ", held-out pairs" if evaluated else ""
    return Figure(
        f"train-{name}-by-type", f"{_CURVES[key]}, by type{held}{where}", "; ".join(ends), draw
    )


def _line(axes: Any, points: Points, colour: str, name: str) -> None:
    axes.plot(*(zip(*points, strict=True) if points else ((), ())), color=colour, label=name)


def _dots(axes: Any, points: Points, colour: str) -> None:
    if points:
        axes.plot(*zip(*points, strict=True), "o", color=colour, markersize=4.5)


def _axes(axes: Any, key: str) -> None:
    axes.set_xlabel("step")
    if key == "rewards/accuracies":
        axes.set_ylim(-0.03, 1.03)
    if key == "learning_rate":
        axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))


def _table(runs: Mapping[str, Lines]) -> Table:
    rows = []
    for run, lines in runs.items():
        cells = [run, number(max((s for s, _ in _points(lines, "step")), default=None), 0)]
        loss = _points(lines, "loss")
        cells.append(number(loss[-1][1] if loss else None, 4))
        for key in _LAST:
            points = _points(lines, key)
            cells.append(number(points[-1][1] if points else None, 4))
        speed = [value for _, value in _points(lines, "tokens_per_second")]
        memory = [value for _, value in _points(lines, "peak_memory_mb")]
        cells.append(number(sum(speed) / len(speed) if speed else None, 0))
        cells.append(number(max(memory, default=None), 0))
        rows.append(cells)
    head = ("run", "steps", "last loss", "held out: loss", "margin", "accuracy", "logps chosen")
    return Table("Runs", (*head, "tokens/s", "peak MB"), rows)
