"""How often `seapo eval --compare` sees a difference where there is none, and where there is one.

    python benchmarks/eval_false_positives.py [--runs 1000] [--json FILE]

Two models answer the same items; what an item is like is common to both, and clusters have an
effect of their own. Under "none" both models are equally good; one is three times as sharp. Under
"smallest" they differ by what the comparison itself calls the smallest difference that it would
have shown: it should find that one in 80 of 100 runs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from seapo_cli.evaluation.statistics import (
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
            if name == "scaled margin, paired bootstrap" and items == 720 and size == 1:
                continue
            yield name, items, size


def rate(name: str, items: int, size: int, runs: int, shift: float, seed: int) -> float:
    """The share of runs that call the models different."""
    rng = np.random.default_rng([seed, items, size])
    found = [TESTS[name](World(rng, items, size, shift)) <= ALPHA for _ in range(runs)]
    return float(np.mean(found))


def detectable(items: int, size: int) -> float:
    """The shift of margins whose effect on them is the smallest that would have been shown."""
    errors = []
    for seed in range(40):
        world = World(np.random.default_rng([9, seed]), items, size, 0.0)
        seen = difference(mean(world.one), mean(world.other / SHARPER), world.clusters)
        errors.append(seen.detectable())
    return float(np.mean(errors))


def power_of_means(items: int, size: int, runs: int) -> float:
    """How often the smallest difference in the mean is found."""
    shift = detectable(items, size)
    rng = np.random.default_rng([5, items, size])
    found = []
    for _ in range(runs):
        world = World(rng, items, size, shift)
        seen = difference(mean(world.one), mean(world.other / SHARPER), world.clusters)
        found.append(seen.p_value <= ALPHA)
    return float(np.mean(found))


def main() -> None:
    """Print a line for each case; write all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found: list[dict[str, Any]] = []
    for name, items, size in cases():
        start = time.perf_counter()
        share = rate(name, items, size, given.runs, 0.0, 3)
        error = float(np.sqrt(share * (1 - share) / given.runs))
        found.append(
            {
                "test": name,
                "items": items,
                "cluster_size": size,
                "false_positives": share,
                "error": round(error, 4),
                "runs": given.runs,
            }
        )
        seconds = time.perf_counter() - start
        print(f"{name:32} {items:4} items by {size}: {share:.3f} ± {error:.3f}  {seconds:.0f} s")
    power = [
        {"items": items, "cluster_size": size, "power": power_of_means(items, size, given.runs)}
        for items, size in ((60, 1), (240, 1), (240, 4))
    ]
    for one in power:
        print(f"smallest difference found: {one}")
    if given.json:
        text = json.dumps({"alpha": ALPHA, "cases": found, "smallest_found": power}, indent=1)
        given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
