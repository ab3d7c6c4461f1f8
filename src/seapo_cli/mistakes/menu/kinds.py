"""The kinds of places that menu mode knows, by the names that `places` of an error type uses.

To add a kind, write a `Finder` and name it in `KINDS`.
"""

from __future__ import annotations

from itertools import chain, islice, zip_longest

from seapo_cli.checks import all_checks
from seapo_cli.exceptions import UsageError
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.mistakes.menu.code_places import find_conditions
from seapo_cli.mistakes.menu.measure_places import find_dates, find_units
from seapo_cli.mistakes.menu.numeric_places import find_equations, find_numbers, find_steps
from seapo_cli.mistakes.menu.source import Finder, Place, Source

KINDS: dict[str, Finder] = {
    "equation": find_equations,
    "step": find_steps,
    "number": find_numbers,
    "date": find_dates,
    "unit": find_units,
    "condition": find_conditions,
}
_MOST = 40
"""Maximum places of one kind: more would be wasted work in a long answer."""
_LEADING = ("equation", "step", "number")
"""The most important kinds in an answer that works something out."""


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


def check_proof(error_type: ErrorType) -> None:
    """Refuse an error type that names a check which is not there as its proof.

    Raises:
        UsageError: with the checks there are.
    """
    if error_type.proof is not None and error_type.proof not in (known := all_checks()):
        raise UsageError(
            f"error type {error_type.name!r}: no check {error_type.proof!r} (proof): "
            f"take from {', '.join(known)}"
        )


def find_places(source: Source, kinds: tuple[str, ...]) -> list[Place]:
    """All places of these kinds: one of each kind, then the second of each, ...

    The kinds come in an order drawn so that an earlier one often stays early: a model that
    always takes the first value (small ones do) still makes various mistakes.
    """
    columns = [islice(KINDS[kind](source), _MOST) for kind in _drawn(source, kinds)]
    return [place for place in chain(*zip_longest(*columns)) if place is not None]


def _drawn(source: Source, kinds: tuple[str, ...]) -> list[str]:
    """The kinds in a drawn order; steps lead in an answer that works something out."""
    rng = source.rng("kinds")
    weights = {kind: rng.random() ** (rank + 1) for rank, kind in enumerate(kinds)}
    leading = _LEADING if source.is_worked else ()
    return sorted(kinds, key=lambda kind: (kind not in leading, -weights[kind]))
