"""Figures by matplotlib: as SVG whose colours are the page's, or as PNG.

A page with a strict content-security policy allows no `style` attributes. So what matplotlib writes
there becomes attributes of SVG, and colours become variables that follow light and dark.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl

from seapo_cli.report.sections import Figure
from seapo_cli.text.safe import safe

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it logs when it looks for fonts


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours by what they are for."""

    ink: str
    muted: str
    rule: str
    good: str
    bad: str
    series: tuple[str, ...]


PAPER = Colours(
    ink="#1f2328",
    muted="#6a6f76",
    rule="#e3e2dd",
    good="#2c7a4b",
    bad="#c0392f",
    series=("#3465a4", "#c4681c", "#3d8f6e", "#8a5fb0", "#b03a5b", "#7a7a52"),
)
_PAGE = Colours(
    ink="#010101",
    muted="#010102",
    rule="#010103",
    good="#010104",
    bad="#010105",
    series=tuple(f"#01011{place}" for place in range(1, len(PAPER.series) + 1)),
)
"""Stand for variables of the page."""
_VARIABLES = {
    _PAGE.ink: "ink",
    _PAGE.muted: "muted",
    _PAGE.rule: "rule",
    _PAGE.good: "good",
    _PAGE.bad: "bad",
    **{colour: f"c{place}" for place, colour in enumerate(_PAGE.series, 1)},
}
_WIDTH, _WIDE = 500, 1040
"""Pixels, which are points at 72 dots an inch."""
_PNG_SCALE = 2.5
_LONGEST_NAME = 24
"""Characters of a name beside or above a chart."""
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_KEPT = frozenset(
    "fill fill-opacity fill-rule opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap "
    "stroke-linejoin stroke-opacity stroke-width text-anchor font-size font-weight".split()
)
_SIZE = re.compile(r"([\d.]+)px")
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "seapo",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "axes.unicode_minus": False,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.linewidth": 0.8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 1.6,
}


def svg(figure: Figure) -> str:
    """A figure as SVG for the page."""
    with _drawn(figure, _PAGE) as canvas:
        found = io.BytesIO()
        canvas.savefig(found, format="svg", transparent=True, metadata={"Date": None})
    return _for_page(found.getvalue(), figure)


def png(figure: Figure) -> bytes:
    """A figure as PNG, with its title, on white."""
    with _drawn(figure, PAPER) as canvas:
        canvas.suptitle(figure.title, x=0.01, ha="left", size=12)
        found = io.BytesIO()
        canvas.savefig(
            found,
            format="png",
            dpi=72 * _PNG_SCALE,
            facecolor="white",
            metadata={"Software": None},
        )
    return found.getvalue()


@contextmanager
def _drawn(figure: Figure, colours: Colours) -> Iterator[Any]:
    from matplotlib.figure import Figure as Canvas  # may look for fonts: after the line above

    settings: dict[Any, Any] = _SETTINGS | {
        "text.color": colours.ink,
        "axes.labelcolor": colours.muted,
        "axes.edgecolor": colours.rule,
        "grid.color": colours.rule,
        "xtick.color": colours.muted,
        "ytick.color": colours.muted,
    }
    # A letter missing from the font is not worth a warning.
    with warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.simplefilter("ignore")
        size = (_WIDE if figure.wide else _WIDTH) / 72, figure.height / 72
        canvas = Canvas(figsize=size, dpi=72, layout="constrained")
        figure.draw(canvas.add_subplot(), colours)
        yield canvas


def _for_page(data: bytes, figure: Figure) -> str:
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(data)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    used = set(re.findall(rb'(?:url\(|href=")#([\w-]+)', data))
    for element in root.iter():
        if element.get("id", "").encode() not in used:
            element.attrib.pop("id", None)
        else:  # another figure of the page may have the same
            element.set("id", f"{figure.name}-{element.get('id')}")
        for name in ("clip-path", f"{{{_XLINK}}}href"):
            if value := element.get(name):
                element.set(name, value.replace("#", f"#{figure.name}-"))
        for name, value in _attributes(element.attrib.pop("style", "")):
            element.set(name, value)
        if "d" in element.attrib:
            element.set("d", " ".join(element.attrib["d"].split()))
        element.tail = None
        if not (element.text or "").strip():
            element.text = None
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", safe(f"{figure.title}. {figure.told}"))
    return ET.tostring(root, encoding="unicode")


def _attributes(style: str) -> Iterator[tuple[str, str]]:
    """What a `style` says, as attributes of SVG."""
    for part in style.split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name == "font" and (size := _SIZE.search(value)):
            yield "font-size", size[1]
        elif name in _KEPT:
            yield name, f"var(--{_VARIABLES[value]})" if value in _VARIABLES else value


def legend(axes: Any, columns: int = 3) -> None:
    """Names of the series, above the axes."""
    handles, names = axes.get_legend_handles_labels()
    axes.legend(
        handles,
        [short(name) for name in names],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=1.2,
        columnspacing=1.2,
    )


def short(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name shortened to leave room for its data: beginnings and ends distinguish names."""
    text = safe(name)
    half = longest // 2
    return text if len(text) <= longest else f"{text[: half - 1]}…{text[-half:]}"


def across(axes: Any, names: Sequence[str], colours: Colours, longest: int = _LONGEST_NAME) -> None:
    """A row for each name, the first on top."""
    axes.set_yticks(range(len(names)), [short(name, longest) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=colours.ink)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_visible(False)
