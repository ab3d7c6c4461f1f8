"""What a section of the report is made of, and how that reads as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from seapo_cli.text.safe import safe

if TYPE_CHECKING:
    from seapo_cli.report.plots import Colours

_NUMBER = re.compile(r"[-+]?[\d,.]+( ?[%kMs]| to [-+]?[\d.]+|–[\d.]+)?\*?|–|")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of text; columns of numbers stand to the right."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart."""

    name: str
    """Of its PNG file."""
    title: str
    told: str
    """What it shows, for those who do not see it."""
    draw: Callable[[Any, Colours], None]
    """Draws it on matplotlib's axes."""
    height: int = 260
    """In pixels; all are as wide as each other, but for those that are `wide`."""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    id: str
    title: str
    lead: str = ""
    parts: Sequence[Table | Figure] = field(default_factory=list)

    @property
    def figures(self) -> list[Figure]:
        return [part for part in self.parts if isinstance(part, Figure)]


def text(value: object) -> str:
    """Any text as HTML: nothing in it is markup, and no character commands anything."""
    return escape(safe(str(value)))


def section_html(section: Section, drawn: dict[str, str]) -> str:
    """A section; `drawn` holds the figures' SVG by name."""
    parts: list[str] = []
    inside = False
    for part in section.parts:
        if isinstance(part, Figure) is not inside:
            parts.append("</div>" if inside else '<div class="figures">')
            inside = not inside
        parts.append(_figure(part, drawn[part.name]) if isinstance(part, Figure) else _table(part))
    if inside:
        parts.append("</div>")
    lead = f'<p class="lead">{text(section.lead)}</p>' if section.lead else ""
    return (
        f'<section id="{section.id}" class="page" aria-labelledby="{section.id}-title">'
        f'<h2 id="{section.id}-title">{text(section.title)}</h2>{lead}{"".join(parts)}</section>\n'
    )


def _figure(figure: Figure, svg: str) -> str:
    kind = ' class="wide"' if figure.wide else ""
    return f"<figure{kind}><figcaption>{text(figure.title)}</figcaption>{svg}</figure>\n"


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    columns = list(zip(*table.rows, strict=True))
    numeric = [
        place > 0 and all(map(_NUMBER.fullmatch, column)) for place, column in enumerate(columns)
    ]
    head = "".join(_cell("th", cell, n) for cell, n in zip(table.head, numeric, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(_cell("td", cell, n) for cell, n in zip(row, numeric, strict=True))
        + "</tr>"
        for row in table.rows
    )
    note = f'<p class="note">{text(table.note)}</p>' if table.note else ""
    return (
        f'<div class="table"><h3>{text(table.title)}</h3><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}</div>\n"
    )


def _cell(tag: str, value: str, numeric: bool) -> str:
    kind = ' class="n"' if numeric else ""
    return f"<{tag}{kind}>{text(value)}</{tag}>"


def number(value: float | None, digits: int = 2) -> str:
    """A figure for a cell; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


def percent(part: float, whole: float) -> str:
    """A share for a cell."""
    return f"{part / whole:.1%}" if whole else "–"
