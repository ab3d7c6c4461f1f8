"""`--balance length`: among each type's pairs, the shorter side is right in half.

Otherwise a model learns the length before it learns anything about mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from seapo_cli.pairing.candidates import Candidate
from seapo_cli.pairing.mix import Assignment, Types, largest_remainder, most

_SEPARATOR = "\x1e"
_SHORTER, _LONGER, _SAME = "shorter", "longer", "same"


def name_of(candidate: Candidate) -> str:
    """A candidate's type and how its answer compares with the negative in characters."""
    chosen, rejected = len(candidate.response), len(candidate.negative or "")
    side = _SHORTER if chosen < rejected else _LONGER if chosen > rejected else _SAME
    return f"{candidate.error_type or ''}{_SEPARATOR}{side}"


def halved(supply: Mapping[Types, int], total: int) -> Assignment:
    """As many pairs as there can be, `total` at most, with as many shorter as longer per type.

    Pairs of equal length are all taken: they weigh on neither side.

    Args:
        supply: number of pairs by the names that they can have, all of one type.
        total: most pairs in all.
    """
    found = Assignment(supply)
    kinds = sorted({name.partition(_SEPARATOR)[0] for names in supply for name in names})
    sizes: dict[str, int] = {}
    for kind in kinds:
        each = most(found, partial(_both, kind), sum(supply.values()))
        found.grow(_both(kind, each))
        found.grow({_name(kind, _SAME): sum(supply.values())})
        sizes[kind] = 2 * each + found.total(_name(kind, _SAME))
    if sum(sizes.values()) <= total:
        return found
    fewer = Assignment(supply)
    for kind, size in largest_remainder(sizes, total).items():
        each = min(size // 2, found.total(_name(kind, _SHORTER)))
        fewer.grow(_both(kind, each))
        fewer.grow({_name(kind, _SAME): size - 2 * each})
    return fewer


def _both(kind: str, each: int) -> dict[str, int]:
    return {_name(kind, _SHORTER): each, _name(kind, _LONGER): each}


def _name(kind: str, side: str) -> str:
    return f"{kind}{_SEPARATOR}{side}"
