"""From prompts to pairs: what became of the rows, and their figures by type and source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np

from seapo_cli.report.funnel import Drop, Step, drops, runs, steps
from seapo_cli.report.inputs import Inputs
from seapo_cli.report.measures import Measured, longer, middle
from seapo_cli.report.plots import Colours, across, legend
from seapo_cli.report.rows import OTHER, Tokens
from seapo_cli.report.sections import Figure, Section, Table, number, percent
from seapo_cli.safe_text import label

_MOST_ROWS = 40
"""Of a table."""
_MOST_LINES = 5
"""Types that a chart tells apart; the rest are one line."""


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
        parts.append(_drops(lost))
    if found:
        parts.append(_by_type(inputs, pairs))
    if inputs.rows.failing:
        parts.append(_by_check(inputs))
    if pairs:
        parts += [_pairs_by("type", pairs, lambda p: p.type)]
        if len({pair.source for pair in pairs}) > 1:
            parts.append(_pairs_by("source", pairs, lambda p: p.source))
        parts += _figures(pairs)
    if any(tokens.rows for tokens in inputs.rows.tokens.values()):
        parts.append(_tokens(inputs, prices))
    if inputs.summaries:
        parts.append(runs(inputs))
    parts.append(_files(inputs))
    return Section("overview", "Overview", _lead(inputs, pairs), parts)


def _lead(inputs: Inputs, pairs: Sequence[Measured]) -> str:
    if inputs.rows.left_out and pairs:
        return (
            f"Counts are of all rows. {inputs.rows.left_out:,} rows are counted and not shown: "
            f"figures of lengths, likeness and edits are of {len(pairs):,} pairs, whose prompts "
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
            share = f"  {percent(step.count, before)}" if before >= step.count > 0 else ""
            behind = f" of {step.prompts:,} prompts" if step.prompts and place else ""
            axes.text(step.count + most * 0.012, place, f"{step.count:,}{behind}{share}", va="center")

    told = "; ".join(f"{step.name} {step.count:,}" for step in found)
    return Figure("funnel", "From prompts to pairs", told, draw, 44 + 36 * len(found), wide=True)


def _drops(lost: Sequence[Drop]) -> Table:
    rows = [(drop.stage, drop.reason, f"{drop.count:,}") for drop in lost]
    note = "A row that fails several checks counts for each of them."
    return Table("What was dropped, and why", ("at", "reason", "rows"), rows, note)


def _by_type(inputs: Inputs, pairs: Sequence[Measured]) -> Table:
    types, seen = inputs.rows.types, inputs.rows.seen
    columns = [stage for stage in ("negative", "dropped", "kept", "pair") if seen.get(stage)]
    heads = {"negative": "negatives", "dropped": "dropped", "kept": "kept", "pair": "pairs"}
    names = sorted(
        {name for stage in columns for name in types[stage]},
        key=lambda name: -sum(types[stage][name] for stage in columns),
    )
    rows = []
    for name in names[:_MOST_ROWS]:
        counts = {stage: types[stage][name] for stage in columns}
        cells = [label(name), *(f"{counts[stage]:,}" for stage in columns)]
        if "dropped" in counts and "kept" in counts:
            cells.append(percent(counts["kept"], counts["kept"] + counts["dropped"]))
        rows.append(cells)
    head = ["type", *(heads[stage] for stage in columns)]
    if {"dropped", "kept"} <= set(columns):
        head.append("kept of checked")
    return Table("Rows by type", head, rows if columns else [])


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
        for name in checks[:_MOST_ROWS]
    ]
    return Table("Dropped rows by check", ("check", "all", *map(label, names)), rows)


def _pairs_by(what: str, pairs: Sequence[Measured], of: Callable[[Measured], str]) -> Table:
    groups = _grouped(pairs, of)
    lines = [("all", list(pairs)), *groups.items()] if len(groups) > 1 else [*groups.items()]
    margins = any(pair.margin is not None for pair in pairs)
    rows = []
    for name, some in lines[: _MOST_ROWS + 1]:
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
        "Medians; edits are a mean. Lengths and sizes in characters; similarity: share of both texts "
        "in common words; starts at: place of the first edit in the chosen answer, from 0 to 1."
    )
    return Table(f"Pairs by {what}", head, rows, note)


def _tokens(inputs: Inputs, prices: Prices) -> Table:
    lines = [("good answers, sampled", inputs.rows.tokens.get(("sample", ""), Tokens()))]
    for by in ("type", "source"):
        some = [(name, found) for (what, name), found in inputs.rows.tokens.items() if what == by]
        if by == "source" and len(some) < 2:
            continue
        some.sort(key=lambda one: -(one[1].prompt + one[1].completion))
        lines += [(f"{by} {label(name)}", found) for name, found in some[:_MOST_ROWS]]
    rows = []
    for name, found in lines:
        if found.rows:
            cells = [name, f"{found.rows:,}", f"{found.prompt:,}", f"{found.completion:,}"]
            cells.append(number((found.prompt + found.completion) / found.rows, 0))
            rows.append(cells + ([number(prices.of(found), 4)] if prices.known else []))
    head = ["", "rows", "prompt tokens", "completion tokens", "tokens a row"]
    note = (
        "Of the rows in the given files, each counted once; rows that failed cost tokens as well. "
    )
    note += "" if prices.known else "--price-in and --price-out give the cost."
    return Table("Tokens", [*head, *(["cost"] if prices.known else [])], rows, note.strip())


def _files(inputs: Inputs) -> Table:
    rows = [(file.name, file.told) for file in inputs.files]
    return Table("Files", ("file", "holds"), rows)


def _grouped(
    pairs: Iterable[Measured], of: Callable[[Measured], str]
) -> Mapping[str, list[Measured]]:
    """Pairs by name, the most frequent first."""
    found: dict[str, list[Measured]] = defaultdict(list)
    for pair in pairs:
        found[of(pair)].append(pair)
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def _figures(pairs: Sequence[Measured]) -> list[Figure]:
    groups = dict(_grouped(pairs, lambda p: p.type))
    rest = [pair for name in list(groups)[_MOST_LINES:] for pair in groups.pop(name)]
    if rest:
        groups[OTHER] = rest
    changed = {name: [p for p in some if p.edits] for name, some in groups.items()}
    found = [
        _lengths(pairs),
        _histogram(
            "longer", "Characters that the rejected side has more", groups,
            lambda p: float(p.bad - p.good), _spread([p.bad - p.good for p in pairs]),
        ),
        _histogram("similarity", "Similarity of both sides", groups, lambda p: p.similarity),
        _histogram(
            "position", "Where the first edit begins: 0 start, 1 end", changed,
            lambda p: p.position or 0.0,
        ),
        _sizes(changed),
    ]
    known = {name: [p for p in some if p.margin is not None] for name, some in groups.items()}
    margins = [p.margin for some in known.values() for p in some if p.margin is not None]
    if margins:
        found.append(
            _histogram("margins", "Margin of the chosen side", known, lambda p: p.margin or 0.0,
                       (min(margins), max(margins)))
        )
    return found


def _lengths(pairs: Sequence[Measured]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        sides = {"chosen": [p.good for p in pairs], "rejected": [p.bad for p in pairs]}
        logs = [log10(max(1, n)) for some in sides.values() for n in some]
        edges = np.linspace(min(logs), max(logs) + 1e-9, 31) if logs else np.linspace(0, 1, 31)
        for (name, some), colour in zip(
            sides.items(), (colours.good, colours.bad), strict=True
        ):
            counts, _ = np.histogram([log10(max(1, n)) for n in some], edges)
            axes.stairs(counts, 10**edges, color=colour, label=name, linewidth=1.6)
        axes.set_xscale("log")
        axes.set_ylabel("pairs")
        _plain_numbers(axes)
        legend(axes)

    told = f"medians {number(middle(p.good for p in pairs), 0)} and "
    told += number(middle(p.bad for p in pairs), 0)
    return Figure("lengths", "Characters of chosen and rejected", told, draw)


def _sizes(groups: Mapping[str, Sequence[Measured]]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        sizes = [max(1, p.size) for some in groups.values() for p in some]
        edges = np.logspace(0, log10(max([*sizes, 10])) + 1e-9, 25)
        _stairs(axes, colours, groups, lambda p: float(max(1, p.size)), edges)
        axes.set_xscale("log")
        _plain_numbers(axes)

    return Figure("sizes", "Characters that the edits change", _medians(groups, "size"), draw)


def _histogram(
    name: str,
    title: str,
    groups: Mapping[str, Sequence[Measured]],
    of: Callable[[Measured], float],
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        low, high = bounds
        edges = np.linspace(low, high if high > low else low + 1, 26)
        _stairs(axes, colours, groups, lambda p: min(max(of(p), low), high), edges)

    told = "; ".join(
        f"{label(kind)}: median {number(middle(map(of, some)))}" for kind, some in groups.items()
    )
    return Figure(name, title, told, draw)


def _stairs(
    axes: Any,
    colours: Colours,
    groups: Mapping[str, Sequence[Measured]],
    of: Callable[[Measured], float],
    edges: Any,
) -> None:
    """A line for each group: the share of its pairs in each bin."""
    for (name, some), colour in zip(groups.items(), colours.series, strict=False):
        counts, _ = np.histogram([of(pair) for pair in some], edges)
        axes.stairs(counts / max(1, len(some)), edges, color=colour, label=label(name),
                    linewidth=1.6)
    axes.set_ylabel("share of pairs")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if len(groups) > 1 or set(groups) - {"untyped"}:
        legend(axes)


def _medians(groups: Mapping[str, Sequence[Measured]], name: str) -> str:
    return "; ".join(
        f"{label(kind)}: median {number(middle(getattr(p, name) for p in some), 0)}"
        for kind, some in groups.items()
    )


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Bounds of all values but the most extreme ones, which go to the outermost bins."""
    low, high = np.quantile(values, [0.01, 0.99])
    return min(float(low), -1.0), max(float(high), 1.0)


def _plain_numbers(axes: Any) -> None:
    from matplotlib.ticker import NullFormatter

    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", size=0)
