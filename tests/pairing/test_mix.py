"""Proportions: exact where the supply allows, as near as can be where it does not."""

from __future__ import annotations

from itertools import combinations, permutations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from seapo_cli.pairing.mix import (
    Assignment,
    Types,
    assign,
    balanced,
    largest_remainder,
)

NAMES = ("a", "b", "c", "d")
SETS = [tuple(part) for size in range(1, 5) for part in combinations(NAMES, size)]
SUPPLY = st.dictionaries(st.sampled_from(SETS), st.integers(1, 60), min_size=1)
WEIGHTS = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([0.1, 0.2, 0.3, 0.5, 1.0, 3.0]), min_size=1
)


def possible(supply: dict[Types, int], quotas: dict[str, int]) -> bool:
    """Hall's condition: any types together want no more than the pairs that can have one."""
    return all(
        sum(quotas[name] for name in part)
        <= sum(count for types, count in supply.items() if set(types) & set(part))
        for size in range(1, len(quotas) + 1)
        for part in combinations(quotas, size)
    )


def within(supply: dict[Types, int], weights: dict[str, float]) -> dict[Types, int]:
    """The supply as `Selection` counts it: without types that have no weight."""
    found: dict[Types, int] = {}
    for types, count in supply.items():
        if kept := tuple(name for name in types if name in weights):
            found[kept] = found.get(kept, 0) + count
    return found


def check_books(assignment: Assignment, supply: dict[Types, int]) -> None:
    for types, given_types in assignment.given.items():
        assert set(given_types) <= set(types)
        assert min(given_types.values()) >= 0
        assert sum(given_types.values()) <= supply[types]


@settings(deadline=None)
@given(WEIGHTS, st.integers(0, 1000))
def test_largest_remainder(weights: dict[str, float], total: int) -> None:
    found = largest_remainder(weights, total)
    assert sum(found.values()) == total
    whole = sum(weights.values())
    for name, weight in weights.items():
        assert abs(found[name] - total * weight / whole) < 1


def test_tenths_are_tenths() -> None:
    weights = {"factual": 0.5, "logical": 0.3, "hallucination": 0.2}
    assert largest_remainder(weights, 10) == {"factual": 5, "logical": 3, "hallucination": 2}


@settings(deadline=None)
@given(SUPPLY, WEIGHTS, st.integers(1, 400))
def test_proportions_hold_exactly_where_they_can(
    supply: dict[Types, int], weights: dict[str, float], total: int
) -> None:
    supply = within(supply, weights)
    assignment, exact = assign(supply, weights, total)
    check_books(assignment, supply)
    wanted = min(total, sum(supply.values()))
    totals = {name: assignment.total(name) for name in weights}
    assert sum(totals.values()) == wanted, "a pair that could be had is missing"
    quotas = largest_remainder(weights, wanted)
    if possible(supply, quotas):
        assert totals == quotas
        assert exact == wanted
    else:
        assert exact < wanted
        assert possible(supply, largest_remainder(weights, exact))


@settings(deadline=None)
@example({("a",): 1, ("a", "d"): 4, ("b",): 2}, {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0})
@given(SUPPLY, WEIGHTS)
def test_a_type_falls_short_only_where_no_pair_is_left_for_it(
    supply: dict[Types, int], weights: dict[str, float]
) -> None:
    """A type with less than its due could not have one more, even if a richer one gave it up."""
    supply = within(supply, weights)
    total = sum(supply.values())
    assignment, _ = assign(supply, weights, total)
    totals = {name: assignment.total(name) for name in weights}
    for poor, rich in permutations(weights, 2):
        # Each may be one off by rounding.
        if (totals[rich] - 1) / weights[rich] > (totals[poor] + 1) / weights[poor]:
            moved = totals | {poor: totals[poor] + 1, rich: totals[rich] - 1}
            assert not possible(supply, moved), f"{rich} could have given one to {poor}"


@settings(deadline=None)
@given(SUPPLY, st.integers(1, 400))
def test_balance_is_the_same_number_of_each(supply: dict[Types, int], total: int) -> None:
    names = sorted({name for types in supply for name in types})
    assignment = balanced(supply, names, total)
    check_books(assignment, supply)
    (each,) = {assignment.total(name) for name in names}
    assert each * len(names) <= total
    more = dict.fromkeys(names, each + 1)
    assert sum(more.values()) > total or not possible(supply, more)


def test_scarce_types_get_the_pairs_that_others_can_do_without() -> None:
    supply: dict[Types, int] = {("a", "b", "c"): 10, ("a", "b"): 45, ("a",): 45}
    assignment, exact = assign(supply, {"a": 0.5, "b": 0.4, "c": 0.1}, 100)
    assert exact == 100
    assert [assignment.total(name) for name in "abc"] == [50, 40, 10]


def test_a_missing_type_leaves_its_places_to_the_others() -> None:
    supply: dict[Types, int] = {("a", "b"): 100}
    assignment, exact = assign(supply, {"a": 0.4, "b": 0.4, "c": 0.2}, 100)
    assert [assignment.total(name) for name in "abc"] == [50, 50, 0]
    assert possible(supply, largest_remainder({"a": 0.4, "b": 0.4, "c": 0.2}, exact))
