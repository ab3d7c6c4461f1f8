"""Evaluations: figures of models with their intervals, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from seapo_cli.exceptions import UsageError
from seapo_cli.extras import install
from seapo_cli.report.inputs import Document, Inputs
from seapo_cli.report.loose import amount, interval, mapping, name, objects
from seapo_cli.report.plots import Colours, across
from seapo_cli.report.sections import Figure, Section, Table, number
from seapo_cli.stages.evaluation.items import HEADS, SIGNIFICANT

_HEADS = {key: head for key, head in HEADS.items() if key != "chosen"}
_MOST_ROWS = 60

Parts = dict[tuple[str, str], list[Mapping[str, Any]]]
"""By task and model."""


def evaluations(inputs: Inputs) -> Section | None:
    """The section; None without evaluations. Results count where no summary has their task.

    Raises:
        UsageError: results need scikit-learn, which is not installed.
    """
    parts, compared = _of_summaries(inputs.summaries.values())
    known = set(parts)
    results = [line for line in inputs.results if (_task(line), name(line, "model")) not in known]
    if results:
        made, differences = _of_results(results)
        parts |= made
        compared += differences
    if not parts:
        return None
    found: list[Table | Figure] = []
    tasks = list(dict.fromkeys(task for task, _ in parts))
    for place, task in enumerate(tasks):
        lines = [
            (model, part)
            for (where, model), some in parts.items()
            if where == task
            for part in some
        ]
        if figure := _figure(f"eval-{place}", task, lines):
            found.append(figure)
        found.append(_table(f"Figures: {task}", lines))
    if compared:
        found.append(_comparisons(compared))
    return Section("eval", "Evaluation", "Intervals are 95%.", found)


def _task(line: Mapping[str, Any]) -> str:
    return name(line, "task")


def _of_summaries(summaries: Iterable[Document]) -> tuple[Parts, list[Mapping[str, Any]]]:
    parts: Parts = {}
    compared: list[Mapping[str, Any]] = []
    for summary in summaries:
        for one in objects(summary, "tasks"):
            parts[_task(one), name(one, "model")] = objects(one, "parts")
        compared += objects(summary, "comparisons")
    return parts, compared


def _of_results(results: Sequence[Document]) -> tuple[Parts, list[Mapping[str, Any]]]:
    """The figures that `seapo eval --compare` gives for such results.

    Raises:
        UsageError: scikit-learn is missing, or they are not as eval writes them.
    """
    if find_spec("sklearn") is None:
        raise UsageError(
            f"results of eval need scikit-learn: {install('audit')}; a --summary of eval does not"
        )
    from seapo_cli.stages.evaluation.compare import adjusted, compare
    from seapo_cli.stages.evaluation.figures import parts
    from seapo_cli.stages.evaluation.items import Item

    groups: dict[str, dict[str, list[tuple[Item, dict[str, Any]]]]] = {}
    for line in results:
        labels = {by: str(line[by]) for by in ("type", "source") if isinstance(line.get(by), str)}
        item = Item(line["line"], "", str(line["cluster"]), None, labels=labels)
        group = groups.setdefault(_task(line), {})
        group.setdefault(name(line, "model"), []).append((item, line))
    found: Parts = {}
    differences = []
    for task, models in groups.items():
        try:
            for model, some in models.items():
                found[task, model] = [part.dump() for part in parts(some)]
            first, *others = models.items()
            differences += [one for other in others for one in compare(task, first, other)]
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
            raise UsageError(f"results on {task}: not as seapo eval writes them") from None
    return found, [one.dump() for one in adjusted(differences)]


def _label(model: str, part: Mapping[str, Any], full: bool = False) -> str:
    by = name(part, "by")
    if by in ("", "all"):
        return model
    return f"{model if full else '   '} {by} {name(part, 'name')}"


def _figure(
    figure: str, task: str, lines: Sequence[tuple[str, Mapping[str, Any]]]
) -> Figure | None:
    key = next((key for key in ("right", "score") if any(key in part for _, part in lines)), "")
    shown = [one for one in lines if interval(mapping(one[1], key))][:_MOST_ROWS]
    if not shown:
        return None

    def draw(axes: Any, colours: Colours) -> None:
        models = list(dict.fromkeys(model for model, _ in shown))
        for place, (model, part) in enumerate(shown):
            known = interval(mapping(part, key))
            assert known
            colour = colours.series[models.index(model) % len(colours.series)]
            axes.plot(known, (place, place), color=colour, linewidth=2)
            axes.plot([amount(part, key, "value") or 0], [place], "o", color=colour)
        across(axes, [_label(*one, full=True) for one in shown], colours, longest=48)
        axes.set_xlabel(f"{_HEADS[key]}, 95% interval")

    told = "; ".join(
        f"{_label(*one, full=True)} {number(amount(one[1], key, 'value'), 3)}" for one in shown
    )
    return Figure(figure, task, told, draw, 70 + 26 * len(shown), wide=True)


def _table(task: str, lines: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    keys = [key for key in _HEADS if any(key in part for _, part in lines)]
    rows = []
    for model, part in lines[:_MOST_ROWS]:
        cells = [_label(model, part), number(amount(part, "items"), 0)]
        for key in keys:
            known = interval(mapping(part, key))
            cells.append(number(amount(part, key, "value"), 3))
            cells.append(f"{known[0]:.3f} to {known[1]:.3f}" if known else "–")
        rows.append(cells)
    head = ["", "items", *(cell for key in keys for cell in (_HEADS[key], "95%"))]
    return Table(task, head, rows)


def _comparisons(found: Sequence[Mapping[str, Any]]) -> Table:
    rows = []
    for one in found[:_MOST_ROWS]:
        difference, known, holm = amount(one, "difference"), interval(one), amount(one, "holm")
        mark = "*" if holm is not None and holm < SIGNIFICANT else ""
        gained, lost = amount(one, "gained"), amount(one, "lost")
        only = (
            f", {gained:.0f} gained, {lost:.0f} lost"
            if gained is not None and lost is not None
            else ""
        )
        outcome = name(one, "outcome")
        rows.append(
            [
                f"{name(one, 'second')} minus {name(one, 'first')}: {name(one, 'task')}",
                _HEADS.get(outcome, outcome),
                "–" if difference is None else f"{difference:+.4f}{mark}",
                f"{known[0]:+.4f} to {known[1]:+.4f}" if known else "–",
                number(amount(one, "p_value"), 3),
                number(holm, 3),
                number(amount(one, "smallest_detectable"), 4),
                f"{name(one, 'test')}{only}",
            ]
        )
    head = ("", "outcome", "difference", "95%", "p", "Holm", "detectable", "test")
    note = (
        "* Holm's p below 0.05. Detectable: the smallest difference that 80% of samples like "
        "this one would have shown."
    )
    return Table("Differences", head, rows, note)
