"""The kinds of places that edit mode knows, by the name that an error type's `places` uses.

To add a kind, write a `Finder` and name it in `KINDS`.
"""

from __future__ import annotations

from itertools import chain, islice, zip_longest

from seapo_cli.errors import UsageError
from seapo_cli.prompts import ErrorType
from seapo_cli.stages.errors.measure_places import find_dates, find_units
from seapo_cli.stages.errors.numeric_places import find_equations, find_numbers
from seapo_cli.stages.errors.source import Finder, Place, Source
from seapo_cli.stages.errors.style_places import find_formats, find_registers
from seapo_cli.stages.errors.text_places import find_conclusions, find_details, find_sentences
from seapo_cli.stages.errors.word_places import (
    find_comparatives,
    find_comparators,
    find_connectives,
    find_names,
    find_negations,
    find_quantifiers,
)

KINDS: dict[str, Finder] = {
    "equation": find_equations,
    "number": find_numbers,
    "date": find_dates,
    "unit": find_units,
    "name": find_names,
    "comparative": find_comparatives,
    "connective": find_connectives,
    "quantifier": find_quantifiers,
    "comparator": find_comparators,
    "negation": find_negations,
    "conclusion": find_conclusions,
    "detail": find_details,
    "register": find_registers,
    "format": find_formats,
    "sentence": find_sentences,
}
SPANS = (
    "equation",
    "number",
    "date",
    "unit",
    "name",
    "comparative",
    "comparator",
    "quantifier",
    "negation",
)
"""What serves a mistake in content where the type's own kinds of this sort find nothing."""

MOST = 40
"""Places of one kind: more would be worked out for nothing in a long answer."""

LEADING = ("equation", "number")
"""What counts most in an answer that works something out."""


def check_places(error_type: ErrorType) -> None:
    """Refuse an error type that names a kind of place which is not there.

    Raises:
        UsageError: with the kinds there are.
    """
    unknown = [name for name in error_type.places if name not in KINDS]
    if unknown:
        raise UsageError(
            f"error type {error_type.name!r}: no kind of place {unknown[0]!r}: "
            f"take from {', '.join(KINDS)}"
        )


def find_places(source: Source, kinds: tuple[str, ...]) -> list[Place]:
    """All places of these kinds: one of each kind, then the second of each, ...

    The kinds come in an order drawn so that an earlier one often stays early: a model that
    always takes the first place (small ones do) still makes various mistakes. Free places
    come after the others, and any sentence comes last, so that there is always a place.
    Ready sentences come after free places where the model is trusted to write its own.
    """
    found = _in_turn(source, _drawn(source, kinds))
    closed = [place for place in found if not place.free]
    if not closed and set(kinds) & set(SPANS):
        closed = [place for place in _in_turn(source, _drawn(source, SPANS)) if not place.free]
    free = [place for place in found if place.free]
    last = [] if "sentence" in kinds else list(find_sentences(source))
    if source.own_words:
        framed = [place for place in closed if place.framed]
        closed = [place for place in closed if not place.framed]
        last = framed + last
    return closed + free + last


def _drawn(source: Source, kinds: tuple[str, ...]) -> list[str]:
    """The kinds in a drawn order; steps lead in an answer that works something out."""
    rng = source.rng("kinds")
    weights = {kind: rng.random() ** (rank + 1) for rank, kind in enumerate(kinds)}
    leading = LEADING if source.is_worked else ()
    return sorted(kinds, key=lambda kind: (kind not in leading, -weights[kind]))


def _in_turn(source: Source, kinds: list[str]) -> list[Place]:
    columns = [islice(KINDS[kind](source), MOST) for kind in kinds]
    return [place for place in chain(*zip_longest(*columns)) if place is not None]
