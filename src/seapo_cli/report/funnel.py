"""From prompts to pairs: how many rows each stage left, what was dropped and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from seapo_cli.engine.tally import Tally
from seapo_cli.report.entry import REVIEWS
from seapo_cli.report.inputs import Inputs
from seapo_cli.report.kinds import Kind
from seapo_cli.report.loose import amount, mapping
from seapo_cli.report.rows import Rows
from seapo_cli.report.sections import Table, number, percent
from seapo_cli.text.safe import label

_COMMON = {f.name for f in fields(Tally)} | {
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "seconds",
    "tokens_per_second",
    "cost",
}
"""The keys that every summary has."""
MOST_ROWS = 40
"""Of a table."""
_MOST_REASONS = 12
"""Of a stage; the rest are counted together."""


@dataclass(frozen=True, slots=True)
class Step:
    """What remains after a stage."""

    name: str
    count: int
    prompts: int = 0
    """Behind these rows; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Rows that a stage did not let through."""

    stage: str
    reason: str
    count: int


def steps(inputs: Inputs) -> list[Step]:
    """How many rows there are at each step, from prompts on; steps in no file are left out."""
    rows, told = inputs.rows, _by_stage(inputs)
    seen, behind = rows.seen, rows.prompts
    made = seen["negative"] | seen["kept"] | seen["dropped"]
    asked = behind["negative"] | behind["kept"] | behind["dropped"]
    checked = bool(seen["kept"] or seen["dropped"])
    answered = len(rows.answers) if seen["answer"] or made else 0
    counts = {
        "prompts": len(set().union(*behind.values()))
        or _first(told, ("sample", "rows_in"), ("pair", "prompts")),
        "answers": answered or _first(told, ("sample", "rows_out"), ("inject", "rows_in")),
        "negatives": len(made) or _first(told, ("inject", "rows_out"), ("filter", "rows_in")),
        "kept": len(seen["kept"]) if checked else _first(told, ("filter", "rows_out")),
        "pairs": len(seen["pair"]) or _first(told, ("pair", "rows_out")),
    }
    prompts = {"negatives": asked, "kept": behind["kept"], "pairs": behind["pair"]}
    return [
        Step(name, count, len(prompts.get(name, ())))
        for name, count in counts.items()
        if count is not None
    ]


def drops(inputs: Inputs) -> list[Drop]:
    """What did not get through, by stage and reason: by the rows, else by the summaries."""
    rows, told = inputs.rows, _by_stage(inputs)
    found = [drop for stage, reasons in _failures(rows) for drop in _most(stage, reasons)]
    listed = {stage for stage, _ in rows.failures}
    for stage, summary in told.items():
        if stage not in listed:
            found += _told_failures(stage, summary)
    if rows.failing:
        counts = {name: kinds.total() for name, kinds in rows.failing.items()}
        found += _most("filter", {f"check {name}": n for name, n in counts.items()})
    elif "filter" in told:
        found += _most("filter", _told_checks(told["filter"]))
    found += list(_left_by_pair(told.get("pair", {})))
    order = {name: place for place, name in enumerate(("sample", "inject", "filter", "pair"))}
    return sorted(found, key=lambda drop: order.get(drop.stage, len(order)))


def drop_table(lost: Sequence[Drop]) -> Table:
    """What was dropped, as a table."""
    rows = [(drop.stage, drop.reason, f"{drop.count:,}") for drop in lost]
    note = "A row that fails several checks counts for each of them."
    return Table("What was dropped, and why", ("at", "reason", "rows"), rows, note)


def rows_by(by: Literal["type", "source"], inputs: Inputs) -> Table:
    """How many rows of each type or source there are at each stage; empty if one source is all."""
    heads: dict[Kind, str] = {
        "failure": "not made",
        "negative": "negatives",
        "dropped": "dropped",
        "kept": "kept",
        "pair": "pairs",
    }
    columns = [stage for stage in heads if inputs.rows.seen.get(stage)]
    counts = {stage: inputs.rows.counts(stage, by) for stage in columns}
    names = sorted(
        {name for stage in columns for name in counts[stage]},
        key=lambda name: -sum(counts[stage][name] for stage in columns),
    )
    if not columns or (by == "source" and len(names) < 2):
        return Table("", (), ())
    checked = {"dropped", "kept"} <= set(columns)
    rows = []
    for name in names[:MOST_ROWS]:
        cells = [label(name), *(f"{counts[stage][name]:,}" for stage in columns)]
        if checked:
            kept = counts["kept"][name]
            cells.append(percent(kept, kept + counts["dropped"][name]))
        rows.append(cells)
    head = [by, *(heads[stage] for stage in columns)]
    return Table(f"Rows by {by}", head + ["kept of checked"] * checked, rows)


def reviewed(rows: Rows) -> Table:
    """What people said of the rejected answers, by type."""
    types = rows.reviews()
    lines = sorted(types.items(), key=lambda one: -one[1].total())[:MOST_ROWS]
    if len(types) > 1:
        lines.insert(0, ("all", sum(types.values(), Counter[str]())))
    cells = []
    for name, counts in lines:
        share = percent(counts["accepted"], counts.total())
        cells.append([label(name), *(f"{counts[verdict]:,}" for verdict in REVIEWS), share])
    note = "By most reviewers of a row. Accepted: the rejected answer is worse; undecided: a tie."
    return Table("Reviewed rows", ("type", *REVIEWS, "accepted of reviewed"), cells, note)


def runs(inputs: Inputs) -> Table:
    """The summaries: what each run did and cost."""
    rows = []
    for name, summary in inputs.summaries.items():
        cells = [label(name), stage_of(summary)]
        cells += [_count(summary, key) for key in ("rows_in", "rows_out", "rows_rejected")]
        cells += [_count(summary, key) for key in ("rows_failed", "requests_sent", "from_store")]
        cells += [_count(summary, key) for key in ("prompt_tokens", "completion_tokens")]
        cells += [number(amount(summary, "cost"), 4), number(amount(summary, "seconds"), 1)]
        rows.append(cells)
    head = ["summary", "stage", "rows in", "out", "rejected", "failed", "requests", "from store"]
    return Table("Runs", [*head, "prompt tokens", "completion", "cost", "seconds"], rows)


def stage_of(summary: Mapping[str, Any]) -> str:
    """Whose summary it is, by what it holds besides the common counts."""
    if "tasks" in summary:
        return "eval"
    if "parts" in summary:
        return "audit"
    if "reviews" in summary:
        return "review"
    if "prompts_without_pair" in summary:
        return "pair"
    if "checks" in summary:
        return "filter"
    if "types" in summary:
        return "inject"
    return "run" if summary.keys() - _COMMON else "sample"


def _by_stage(inputs: Inputs) -> dict[str, Mapping[str, Any]]:
    """A summary of each stage; of several runs of one stage none, as they may overlap."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for summary in inputs.summaries.values():
        found.setdefault(stage_of(summary), []).append(summary)
    return {stage: some[0] for stage, some in found.items() if len(some) == 1}


def _first(told: Mapping[str, Mapping[str, Any]], *places: tuple[str, str]) -> int | None:
    """The first count that a summary has."""
    found = (amount(told.get(stage), key) for stage, key in places)
    return next((int(value) for value in found if value is not None), None)


def _count(summary: Mapping[str, Any], key: str) -> str:
    value = amount(summary, key)
    return "–" if value is None else f"{value:,.0f}"


def _failures(rows: Rows) -> Iterator[tuple[str, dict[str, int]]]:
    for (stage, declined), reasons in rows.failures.items():
        verb = "declined: " if declined else ""
        yield stage, {f"{verb}{reason}": count for reason, count in reasons.items()}


def _most(stage: str, reasons: Mapping[str, int]) -> list[Drop]:
    order = sorted(reasons.items(), key=lambda one: -one[1])
    found = [Drop(stage, reason, count) for reason, count in order[:_MOST_REASONS]]
    if rest := sum(count for _, count in order[_MOST_REASONS:]):
        found.append(Drop(stage, f"{len(order) - _MOST_REASONS:,} other reasons", rest))
    return found


def _told_failures(stage: str, summary: Mapping[str, Any]) -> list[Drop]:
    reasons = {"failed": int(amount(summary, "rows_failed") or 0)}
    if stage == "inject":
        types = [one for one in mapping(summary, "types").values() if isinstance(one, Mapping)]
        for key in ("type_does_not_fit", "answer_is_wrong"):
            reasons[f"declined: {key.replace('_', ' ')}"] = sum(
                int(amount(one, key) or 0) for one in types
            )
    return _most(stage, {reason: count for reason, count in reasons.items() if count})


def _told_checks(summary: Mapping[str, Any]) -> dict[str, int]:
    checks = mapping(summary, "checks").items()
    counts = {name: amount(c, "rejected") for name, c in checks if isinstance(c, Mapping)}
    return {f"check {label(name)}": int(count) for name, count in counts.items() if count}


def _left_by_pair(summary: Mapping[str, Any]) -> Iterator[Drop]:
    told = {
        "contaminated_prompts": "prompts in an evaluation set",
        "prompts_without_pair": "prompts without two answers to tell apart",
        "evaluation_pairs": "pairs held out for evaluation",
    }
    for key, reason in told.items():
        if count := amount(summary, key):
            yield Drop("pair", reason, int(count))
    rows, pairs = amount(summary, "rows_in"), amount(summary, "pairs")
    if rows is not None and pairs is not None:
        gone = [amount(summary, key) or 0 for key in ("rows_failed", "evaluation_pairs")]
        if (rest := rows - pairs - sum(gone)) > 0:
            yield Drop("pair", "rows not drawn for a pair", int(rest))
