"""Charts of pairs: lengths, similarity, position and size of the mistake, margins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import log10
from typing import Any

import numpy as np

from seapo_cli.report.entry import UNTYPED
from seapo_cli.report.measures import Measured, middle
from seapo_cli.report.plots import Colours, legend
from seapo_cli.report.rows import OTHER
from seapo_cli.report.sections import Figure, number
from seapo_cli.text.safe import label

_MOST_LINES = 5
"""How many types a chart distinguishes; the rest share a line."""


def grouped(
    pairs: Iterable[Measured], of: Callable[[Measured], str]
) -> Mapping[str, list[Measured]]:
    """Pairs by name, the most frequent first."""
    found: dict[str, list[Measured]] = defaultdict(list)
    for pair in pairs:
        found[of(pair)].append(pair)
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def distributions(pairs: Sequence[Measured]) -> list[Figure]:
    """All charts of pairs; lines are types."""
    groups = dict(grouped(pairs, lambda p: p.type))
    rest = [pair for name in list(groups)[_MOST_LINES:] for pair in groups.pop(name)]
    if rest:
        groups[OTHER] = rest
    changed = {name: [p for p in some if p.edits] for name, some in groups.items()}
    found = [
        _lengths(pairs),
        _histogram(
            "longer",
            "Extra characters of the rejected side",
            groups,
            lambda p: float(p.bad - p.good),
            _spread([p.bad - p.good for p in pairs]),
        ),
        _histogram("similarity", "Similarity of both sides", groups, lambda p: p.similarity),
        _histogram(
            "position",
            "Where the first edit begins: 0 start, 1 end",
            changed,
            lambda p: p.position or 0.0,
        ),
        _sizes(changed),
    ]
    known = {name: [p for p in some if p.margin is not None] for name, some in groups.items()}
    margins = [p.margin for some in known.values() for p in some if p.margin is not None]
    if margins:
        found.append(
            _histogram(
                "margins",
                "Margin of the chosen side",
                known,
                lambda p: p.margin or 0.0,
                (min(margins), max(margins)),
            )
        )
    return found


def _lengths(pairs: Sequence[Measured]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        sides = {"chosen": [p.good for p in pairs], "rejected": [p.bad for p in pairs]}
        logs = [log10(max(1, n)) for some in sides.values() for n in some]
        edges = np.linspace(min(logs), max(logs) + 1e-9, 31) if logs else np.linspace(0, 1, 31)
        for (name, some), colour in zip(sides.items(), (colours.good, colours.bad), strict=True):
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
        axes.stairs(
            counts / max(1, len(some)), edges, color=colour, label=label(name), linewidth=1.6
        )
    axes.set_ylabel("share of pairs")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if len(groups) > 1 or set(groups) - {UNTYPED}:
        legend(axes)


def _medians(groups: Mapping[str, Sequence[Measured]], name: str) -> str:
    return "; ".join(
        f"{label(kind)}: median {number(middle(getattr(p, name) for p in some), 0)}"
        for kind, some in groups.items()
    )


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Bounds of all values but the most extreme, which go into the outermost bins."""
    low, high = np.quantile(values, [0.01, 0.99])
    return min(float(low), -1.0), max(float(high), 1.0)


def _plain_numbers(axes: Any) -> None:
    from matplotlib.ticker import NullFormatter

    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", size=0)
