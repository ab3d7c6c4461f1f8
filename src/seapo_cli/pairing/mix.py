"""Proportions of error types held over all pairs, where each pair can have one of several types.

How many pairs there are of each set of possible types is all that matters: giving types to
pairs is a flow from these sets to the types. An assignment grows along augmenting paths, so a
scarce type gets every pair that can have it, as long as the others find their own elsewhere.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial

Types = tuple[str, ...]
"""Types that a pair can have, sorted."""


def largest_remainder(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to the weights, which sum to `total` (Hamilton's method)."""
    # str: 0.3 means three tenths, not the nearest binary fraction.
    exact = {name: Fraction(str(weight)) for name, weight in weights.items()}
    whole = sum(exact.values())
    shares = {name: weight * total / whole for name, weight in exact.items()}
    found = {name: math.floor(share) for name, share in shares.items()}
    left = total - sum(found.values())
    by_remainder = sorted(shares, key=lambda name: (found[name] - shares[name], name))
    for name in by_remainder[:left]:
        found[name] += 1
    return found


class Assignment:
    """Types given to pairs: how many pairs of each set have which type."""

    def __init__(self, supply: Mapping[Types, int]) -> None:
        """`supply` is the number of pairs by the set of types that they can have."""
        self._left = dict(supply)
        self.given: dict[Types, dict[str, int]] = {s: dict.fromkeys(s, 0) for s in supply}

    def copy(self) -> Assignment:
        """One that grows by itself."""
        twin = Assignment(self._left)
        twin.given = {types: dict(given) for types, given in self.given.items()}
        return twin

    def total(self, name: str) -> int:
        """Pairs that have a type."""
        return sum(given.get(name, 0) for given in self.given.values())

    def grow(self, quotas: Mapping[str, int]) -> bool:
        """Give so many more pairs to each type, or as many as there can be; True if all."""
        return not sum(wanted - self._grow(name, wanted) for name, wanted in quotas.items())

    def _grow(self, name: str, wanted: int) -> int:
        got = 0
        while got < wanted and (path := self._path(name)):
            moves = [self.given[types][loser] for types, loser in path[:-1]]
            amount = min(wanted - got, self._left[path[-1][0]], *moves)
            taker = name
            for types, loser in path[:-1]:
                self.given[types][taker] += amount
                self.given[types][loser] -= amount
                taker = loser
            last = path[-1][0]
            self.given[last][taker] += amount
            self._left[last] -= amount
            got += amount
        return got

    def _path(self, name: str) -> list[tuple[Types, str]]:
        """How a type can get one more pair: from a set with pairs left, or from another type
        that can get one in its place.

        Steps (set, type that gives); the last set has a pair left. Empty if there is no way.
        """
        reached: dict[str, tuple[Types, str] | None] = {name: None}
        queue = deque([name])
        while queue:
            taker = queue.popleft()
            for types, given in self.given.items():
                if taker not in given:
                    continue
                if self._left[types]:
                    return self._steps(reached, taker, types)
                for loser, count in given.items():
                    if count and loser not in reached:
                        reached[loser] = types, taker
                        queue.append(loser)
        return []

    @staticmethod
    def _steps(
        reached: Mapping[str, tuple[Types, str] | None], taker: str, last: Types
    ) -> list[tuple[Types, str]]:
        steps = [(last, taker)]
        while (step := reached[taker]) is not None:
            types, before = step
            steps.append((types, taker))
            taker = before
        return steps[::-1]


def assign(
    supply: Mapping[Types, int], weights: Mapping[str, float], total: int
) -> tuple[Assignment, int]:
    """Give types to `total` pairs in proportion to the weights, as far as the supply allows.

    Types of which there are too few get all that there are; the others share the rest in
    proportion. Also returns the largest total (up to the wanted one) at which the proportions
    hold exactly.
    """
    assignment = Assignment(supply)
    growing = dict(weights)
    exact: int | None = None
    left = min(total, sum(supply.values()))
    while growing:
        quotas = partial(_more, growing, {name: assignment.total(name) for name in growing})
        step = most(assignment, quotas, left)
        exact = step if exact is None else exact
        assignment.grow(quotas(step))
        left -= step
        if not left:
            break
        growing = {name: w for name, w in growing.items() if assignment.copy().grow({name: 1})}
    return assignment, exact or 0


def _more(weights: Mapping[str, float], given: Mapping[str, int], count: int) -> dict[str, int]:
    """How many of `count` more pairs each type gets, so that all its pairs are its share.

    If each step were rounded by itself, the errors would add up.
    """
    found: dict[str, int] = dict.fromkeys(weights, 0)
    left = count
    while left:
        wanted = largest_remainder(weights, sum(given.values()) + sum(found.values()) + left)
        behind = [name for name in weights if wanted[name] > given[name] + found[name]]
        for name in behind:
            got = min(left, wanted[name] - given[name] - found[name])
            found[name] += got
            left -= got
    return found


def balanced(supply: Mapping[Types, int], names: Sequence[str], total: int) -> Assignment:
    """Give the same number of pairs to each type: as many as can be, `total` at most in all."""
    assignment = Assignment(supply)
    limit = total // max(1, len(names))
    each = most(assignment, lambda count: dict.fromkeys(names, count), limit)
    assignment.grow(dict.fromkeys(names, each))
    return assignment


def most(assignment: Assignment, quotas: Callable[[int], Mapping[str, int]], limit: int) -> int:
    """The largest number, up to `limit`, whose quotas can be had in full."""

    def too_many(count: int) -> bool:
        return not assignment.copy().grow(quotas(count))

    return bisect_left(range(1, limit + 1), True, key=too_many)
