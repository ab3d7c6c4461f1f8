"""How often `seapo eval --compare` sees a difference where there is none, and where there is one.

    python benchmarks/eval_false_positives.py [--runs 2000]

Two models answer the same items; what an item is like is common to both, and clusters have an
effect of their own. Under "none" both models are equally good; one is three times as sharp. Under
"smallest" they differ by what the comparison itself calls the smallest difference that it would
have shown: it should find that one in 80 of 100 runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from harness import save, show
from seapo_cli.statistics import (
    Estimate,
    auc,
    bootstrap,
    difference,
    mcnemar,
    mean,
    scaled_mean,
)

Array = np.ndarray[Any, Any]
DRAWS = 400
SHARPER = 3.0
ALPHA = 0.05


class World:
    """Items of two models, some of them in clusters."""

    def __init__(self, rng: np.random.Generator, items: int, size: int, shift: float) -> None:
        self.clusters = np.arange(items) // size
        groups = int(self.clusters[-1]) + 1
        common = rng.standard_t(5, items) * 0.7 + rng.normal(0, 0.5, groups)[self.clusters]

        def margins(center: float) -> Array:
            own = rng.normal(0, 0.5, groups)[self.clusters] * (size > 1)
            found: Array = center + common + own + rng.standard_t(5, items) * 0.7
            return found

        self.one, self.other = margins(0.5), SHARPER * margins(0.5 + shift)
        level = rng.normal(-2, 0.5, items)
        self.sides = [
            (SHARPER**n * level + margin, SHARPER**n * level)
            for n, margin in enumerate((self.one, self.other / SHARPER))
        ]

    def right(self) -> tuple[Array, Array]:
        """Which answers are right."""
        return (self.one > 0).astype(float), (self.other > 0).astype(float)


def exact(world: World) -> float:
    """Right and wrong of independent items."""
    return mcnemar(*world.right()).p_value


def clustered(world: World) -> float:
    """Right and wrong of items in clusters."""
    one, other = world.right()
    return difference(mean(one), mean(other), world.clusters).p_value


def scaled(world: World) -> float:
    """Margins over their spread."""
    return bootstrap(scaled_mean, world.one, world.other, world.clusters, draws=DRAWS)[0]


def area(world: World) -> float:
    """Areas under the curve; of equal sharpness, as the level of an answer is part of them."""
    (chosen, rejected), _ = world.sides
    other = chosen + world.other / SHARPER - world.one
    return difference(auc(chosen, rejected), auc(other, rejected), world.clusters).p_value


TESTS: dict[str, Callable[[World], float]] = {
    "right, exact McNemar": exact,
    "right, clustered t": clustered,
    "scaled margin, paired bootstrap": scaled,
    "AUC, clustered t": area,
}


def cases() -> Iterator[tuple[str, int, int]]:
    """Test, items, items of a cluster."""
    for name in TESTS:
        for items, size in ((60, 1), (240, 1), (720, 1), (240, 4), (720, 6)):
            if name == "right, exact McNemar" and size > 1:
                continue
            yield name, items, size


def rate(name: str, items: int, size: int, runs: int) -> float:
    """The share of runs that call equally good models different."""
    rng = np.random.default_rng([3, items, size])
    found = [TESTS[name](World(rng, items, size, 0.0)) <= ALPHA for _ in range(runs)]
    return float(np.mean(found))


def power(items: int, size: int, runs: int) -> float:
    """How often a difference in the mean is found that is the smallest that could be seen."""
    rng = np.random.default_rng([5, items, size])
    errors = [_in_means(World(rng, items, size, 0.0)).detectable() for _ in range(40)]
    shift = float(np.mean(errors))
    found = [_in_means(World(rng, items, size, shift)).p_value <= ALPHA for _ in range(runs)]
    return float(np.mean(found))


def _in_means(world: World) -> Estimate:
    return difference(mean(world.one), mean(world.other / SHARPER), world.clusters)


def main() -> None:
    """Print all shares, and save them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    runs = parser.parse_args().runs
    rows: list[dict[str, Any]] = []
    for name, items, size in cases():
        share = rate(name, items, size, runs)
        error = round(float(np.sqrt(share * (1 - share) / runs)), 4)
        found = {"false_positives": share, "error": error, "runs": runs}
        rows.append({"test": name, "items": items, "items_of_a_cluster": size, **found})
    show("Equally good models called different at p <= 0.05", rows)
    seen = [
        {"items": items, "items_of_a_cluster": size, "found": power(items, size, runs)}
        for items, size in ((60, 1), (240, 1), (240, 4))
    ]
    show("Differences found that are the smallest detectable ones", seen)
    target = "false positives 5 ± 1%, of the exact test at most 5%; smallest found by 80%"
    save("eval_false_positives", {"target": target, "cases": rows, "smallest_found": seen})


if __name__ == "__main__":
    main()
