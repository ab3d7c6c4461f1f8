"""From prompts to pairs: the outcomes of the rows, and their figures by type and source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seapo_cli.report.distributions import distributions, grouped
from seapo_cli.report.funnel import (
    MOST_ROWS,
    Step,
    drop_table,
    drops,
    reviewed,
    rows_by,
    runs,
    steps,
)
from seapo_cli.report.inputs import Inputs
from seapo_cli.report.measures import Measured, longer, middle
from seapo_cli.report.plots import Colours, across
from seapo_cli.report.rows import Tokens
from seapo_cli.report.sections import Figure, Section, Table, number, percent
from seapo_cli.text.safe import label


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost; None where that is not known."""

    prompt: float | None = None
    completion: float | None = None

    @property
    def known(self) -> bool:
        return self.prompt is not None or self.completion is not None

    def of(self, tokens: Tokens) -> float:
        """What some tokens cost."""
        bill = tokens.prompt * (self.prompt or 0) + tokens.completion * (self.completion or 0)
        return bill / 1e6


def overview(inputs: Inputs, pairs: Sequence[Measured], prices: Prices) -> Section:
    """The first section: all that rows and summaries tell."""
    found = steps(inputs)
    lost = drops(inputs)
    parts: list[Table | Figure] = []
    if len(found) > 1:
        parts.append(_funnel(found))
    if lost:
        parts.append(drop_table(lost))
    if found:
        parts += [rows_by("type", inputs), rows_by("source", inputs)]
    if inputs.rows.failing:
        parts.append(_by_check(inputs))
    if inputs.rows.verdicts:
        parts.append(reviewed(inputs.rows))
    if pairs:
        parts += [_pairs_by("type", pairs, lambda p: p.type)]
        if len({pair.source for pair in pairs}) > 1:
            parts.append(_pairs_by("source", pairs, lambda p: p.source))
        parts += distributions(pairs)
    if any(tokens.rows for tokens in inputs.rows.tokens.values()):
        parts.append(_tokens(inputs, prices))
    if inputs.summaries:
        parts.append(runs(inputs))
    parts.append(_files(inputs))
    return Section("overview", "Overview", _lead(inputs, pairs), parts)


def _lead(inputs: Inputs, pairs: Sequence[Measured]) -> str:
    if inputs.rows.left_out and pairs:
        return (
            f"Counts are of all rows. {inputs.rows.left_out:,} rows are counted but not shown: "
            f"figures of lengths, similarity and edits are of {len(pairs):,} pairs, whose prompts "
            "were drawn."
        )
    return ""


def _funnel(found: Sequence[Step]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        counts = [step.count for step in found]
        most = max(*counts, 1)
        axes.barh(range(len(found)), counts, height=0.62, color=colours.series[0])
        across(axes, [step.name for step in found], colours)
        axes.set_xlim(0, most * 1.32)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        for place, step in enumerate(found):
            before = found[place - 1].count if place else 0
            told = [f"{step.count:,}"]
            if before >= step.count > 0:
                told.append(f"{percent(step.count, before)} of {found[place - 1].name}")
            if step.prompts:
                told.append(f"{step.prompts:,} prompts")
            axes.text(step.count + most * 0.012, place, "  ·  ".join(told), va="center")

    told = "; ".join(f"{step.name} {step.count:,}" for step in found)
    return Figure("funnel", "From prompts to pairs", told, draw, 44 + 36 * len(found), wide=True)


def _by_check(inputs: Inputs) -> Table:
    failing = inputs.rows.failing
    totals: dict[str, int] = defaultdict(int)
    for counts in failing.values():
        for name, count in counts.items():
            totals[name] += count
    names = sorted(totals, key=lambda name: -totals[name])[:8]
    checks = sorted(failing, key=lambda name: -failing[name].total())
    rows = [
        [name, f"{failing[name].total():,}", *(f"{failing[name][kind]:,}" for kind in names)]
        for name in checks[:MOST_ROWS]
    ]
    return Table("Dropped rows by check", ("check", "all", *map(label, names)), rows)


def _pairs_by(what: str, pairs: Sequence[Measured], of: Callable[[Measured], str]) -> Table:
    groups = grouped(pairs, of)
    lines = [("all", list(pairs)), *groups.items()] if len(groups) > 1 else [*groups.items()]
    margins = any(pair.margin is not None for pair in pairs)
    rows = []
    for name, some in lines[: MOST_ROWS + 1]:
        cells = [
            label(name),
            f"{len(some):,}",
            number(middle(p.good for p in some), 0),
            number(middle(p.bad for p in some), 0),
            f"{longer(some):.0%}",
            number(middle(p.similarity for p in some)),
            number(sum(len(p.edits) for p in some) / len(some), 1),
            number(middle(p.position for p in some)),
            number(middle(p.size for p in some), 0),
        ]
        rows.append(cells + ([number(middle(p.margin for p in some))] if margins else []))
    head = [what, "pairs", "chosen", "rejected", "rejected longer", "similarity", "edits"]
    head += ["starts at", "edit size", *(["margin"] if margins else [])]
    note = (
        "Medians; edits are a mean. Lengths and sizes in characters; similarity: share of both "
        "texts in common words; starts at: place of the first edit in the chosen answer, 0 to 1."
    )
    return Table(f"Pairs by {what}", head, rows, note)


def _tokens(inputs: Inputs, prices: Prices) -> Table:
    lines = [("good answers, sampled", inputs.rows.tokens.get(("sample", ""), Tokens()))]
    for by in ("type", "source"):
        some = [(name, found) for (what, name), found in inputs.rows.tokens.items() if what == by]
        if by == "source" and len(some) < 2:
            continue
        some.sort(key=lambda one: -(one[1].prompt + one[1].completion))
        lines += [(f"{by} {label(name)}", found) for name, found in some[:MOST_ROWS]]
    rows = []
    for name, found in lines:
        if found.rows:
            cells = [name, f"{found.rows:,}", f"{found.prompt:,}", f"{found.completion:,}"]
            cells.append(number((found.prompt + found.completion) / found.rows, 0))
            rows.append(cells + ([number(prices.of(found), 4)] if prices.known else []))
    head = ["", "rows", "prompt tokens", "completion tokens", "tokens per row"]
    note = (
        "Of the rows in the given files, each counted once; rows that failed cost tokens as well. "
    )
    note += "" if prices.known else "--price-in and --price-out give the cost."
    return Table("Tokens", [*head, *(["cost"] if prices.known else [])], rows, note.strip())


def _files(inputs: Inputs) -> Table:
    rows = [(file.name, file.told) for file in inputs.files]
    return Table("Files", ("file", "holds"), rows)
