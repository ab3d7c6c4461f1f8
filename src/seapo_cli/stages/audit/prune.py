"""Which pairs to leave out to lower the accuracy of a classifier that does not see the question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import ceil

import numpy as np

from seapo_cli.engine.pipeline import finished
from seapo_cli.exceptions import RowError, SeapoError
from seapo_cli.io.jsonl import Line, lines_of
from seapo_cli.rows import Keys, read_row
from seapo_cli.stages.audit.classify import LEAST_PROMPTS, cross_validate
from seapo_cli.stages.audit.features import Features, features
from seapo_cli.stages.audit.gather import Item, item_of
from seapo_cli.stages.filter import Filter
from seapo_cli.statistics import Array

_SHARE = 3
"""A round drops this fraction of the excess: the classifier then finds other traces."""
_LEAST = 200
"""... and at least one in this many pairs."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Pairs to drop, and the accuracy of the classifier with and without them."""

    surest: Mapping[int, float]
    """By line: how confidently the classifier told the pair apart."""
    before: float
    after: float


def prune(found: Features, limit: float, seed: int = 0) -> tuple[dict[int, float], float, float]:
    """The pairs to drop, by index, with their scores; the accuracy before and after.

    Drops those that are told apart most confidently, some at a time, and retrains on the rest with
    other folds, until the accuracy is at most `limit`.

    Raises:
        SeapoError: that leaves too few prompts.
    """
    kept: Array = np.arange(len(found.prompts))
    dropped: dict[int, float] = {}
    before: float | None = None
    while (telling := cross_validate(found.of(kept), seed, permutations=0)) is not None:
        accuracy = telling.accuracy
        before = accuracy if before is None else before
        if accuracy <= limit:
            return dropped, before, accuracy
        excess = len(kept) * (accuracy - limit) / (1 - limit)
        count = ceil(max(excess / _SHARE, len(kept) / _LEAST))
        surest = np.argsort(-telling.score, kind="stable")[:count]
        dropped |= {int(kept[n]): float(telling.score[n]) for n in surest}
        kept, seed = np.delete(kept, surest), seed + 1000
    if before is None:
        raise SeapoError(f"--max-leak: fewer than {LEAST_PROMPTS} prompts: nothing can be measured")
    raise SeapoError(
        f"--max-leak {limit:g}: fewer than {LEAST_PROMPTS} prompts are left before the sides of "
        "their pairs cannot be told apart: make other negatives, these give themselves away"
    )


def prune_file(
    name: str, keys: Keys, stage: Filter, limit: float, seed: int = 0, rows: int | None = None
) -> Pruned:
    """Which lines of a file to drop, of those that a filter keeps among the first `rows`.

    Raises:
        UsageError: the file cannot be opened.
        SeapoError: too few prompts are left.
    """
    lines, items = [], []
    for line, item in _kept(islice(lines_of(name), rows), keys, stage):
        lines.append(line)
        items.append(item)
    if not items:
        return Pruned({}, 0.5, 0.5)
    dropped, before, after = prune(features(items), limit, seed)
    return Pruned({lines[n]: score for n, score in dropped.items()}, before, after)


def _kept(read: Iterable[Line], keys: Keys, stage: Filter) -> Iterator[tuple[int, Item]]:
    for line in read:
        try:
            row = read_row(line.value, keys, line.number)
        except RowError:
            continue  # the run itself reports it
        if finished(stage.process(row, None)).rows:
            yield line.number, item_of(row, keys)
