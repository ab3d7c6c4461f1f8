"""Audits: how well the sides of pairs are told apart without the question, and by which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seapo_cli.report.inputs import Document
from seapo_cli.report.loose import amount, interval, name, objects
from seapo_cli.report.plots import Colours, across, legend
from seapo_cli.report.sections import Figure, Section, Table, number

_MOST_PARTS = 40
_SHOWN_WORDS = 10
_RULES = ("word", "position", "format")
_LEAD = (
    "A classifier that never sees the question guesses which side is the chosen one. If it does "
    "better than chance, a model may learn what gives the sides away instead of what is true."
)

Part = Mapping[str, Any]


def audits(documents: Mapping[str, Document]) -> Section | None:
    """The section; None without audits."""
    parts: list[Table | Figure] = []
    for place, (file, document) in enumerate(documents.items()):
        found = objects(document, "parts")[:_MOST_PARTS]
        title = f": {file}" if len(documents) > 1 else ""
        measured = [part for part in found if interval(part.get("accuracy"))]
        if measured:
            parts.append(_told_apart(f"audit-{place}", title, measured))
        parts.append(_table(title, found))
        worded = [part for part in found if objects(part, "words")]
        parts += [_words(f"words-{place}-{n}", title, part) for n, part in enumerate(worded)]
    return Section("audit", "Audit", _LEAD, parts) if documents else None


def _label(part: Part) -> str:
    by = name(part, "by")
    return name(part, "name") if by == "all" else f"{by} {name(part, 'name')}"


def _told_apart(figure: str, title: str, parts: Sequence[Part]) -> Figure:
    def draw(axes: Any, colours: Colours) -> None:
        for place, part in enumerate(parts):
            chance, known = interval(part.get("chance")), interval(part.get("accuracy"))
            if chance:
                axes.barh(
                    place,
                    chance[1] - chance[0],
                    left=chance[0],
                    height=0.5,
                    color=colours.rule,
                    label="chance" if not place else None,
                )
            assert known
            colour = colours.bad if part.get("told_apart") is True else colours.series[0]
            axes.plot(known, (place, place), color=colour, linewidth=2)
            axes.plot([amount(part, "accuracy", "value") or 0], [place], "o", color=colour)
        across(axes, [_label(part) for part in parts], colours, longest=48)
        axes.axvline(0.5, color=colours.muted, linewidth=0.8)
        axes.set_xlim(0.3, 1.0)
        axes.set_xlabel("share of pairs told apart, 95% interval; the band is the chance level")

    told = "; ".join(f"{_label(p)} {number(amount(p, 'accuracy', 'value'))}" for p in parts)
    height = 70 + 26 * len(parts)
    return Figure(figure, f"Told apart without the question{title}", told, draw, height, wide=True)


def _table(title: str, parts: Sequence[Part]) -> Table:
    head = ("", "pairs", "told apart", "95%", "chance", "shorter right", *_RULES)
    rows = []
    for part in parts:
        mark = "*" if part.get("told_apart") is True else ""
        value = amount(part, "accuracy", "value")
        rows.append(
            [
                _label(part),
                number(amount(part, "pairs"), 0),
                f"{value:.2f}{mark}" if value is not None else "–",
                _range(part.get("accuracy")),
                _range(part.get("chance")),
                number(amount(part, "shorter_right", "value")),
                *(number(amount(part, "baselines", rule, "value")) for rule in _RULES),
            ]
        )
    note = "* chance explains it in at most 1 of 100 cases. Word, position, format: one rule alone."
    return Table(f"Figures{title}", head, rows, note)


def _range(value: object) -> str:
    known = interval(value)
    return f"{known[0]:.2f}–{known[1]:.2f}" if known else "–"


def _words(figure: str, title: str, part: Part) -> Figure:
    words = objects(part, "words")[:_SHOWN_WORDS]
    names = [f"'{name(word, 'text')}'" for word in words]

    def draw(axes: Any, colours: Colours) -> None:
        sides = (("chosen", -1, colours.good), ("rejected", 1, colours.bad))
        for side, sign, colour in sides:
            counts = [sign * (amount(word, side) or 0) for word in words]
            axes.barh(
                range(len(words)),
                counts,
                height=0.6,
                color=colour,
                label=f"more in {side}",
            )
            for place, count in enumerate(counts):
                axes.annotate(
                    f"{abs(count):,.0f}",
                    (count, place),
                    (4 * sign, 0),
                    textcoords="offset points",
                    va="center",
                    ha="left" if sign > 0 else "right",
                )
        across(axes, names, colours)
        axes.margins(x=0.15)
        axes.axvline(0, color=colours.muted, linewidth=0.8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        legend(axes)

    told = "; ".join(
        f"{known} {number(amount(word, 'chosen'), 0)}/{number(amount(word, 'rejected'), 0)}"
        for known, word in zip(names, words, strict=True)
    )
    height = 70 + 22 * len(words)
    return Figure(figure, f"Telling words, pairs{title}: {_label(part)}", told, draw, height)
