"""Pairs: does the model find the right answer more likely than the wrong one?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seapo_cli.calls import canonical_json
from seapo_cli.completions import LogProb
from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import PreferencePair, read_pair
from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.rows import UNTYPED
from seapo_cli.stages.evaluation.items import (
    Found,
    Item,
    Question,
    Task,
    read_items,
    rounded,
    row_id,
)


def pair_task(file: str, cluster: str | None = None, limit: int | None = None) -> Task:
    """The pairs in a file, in any format that `pair` writes, or rows from inject.

    Pairs with the same value of the row's key `cluster` belong together; without one, those with
    the same prompt.

    Raises:
        UsageError: the file cannot be opened.
    """

    def read(data: dict[str, Any], line: int) -> Item:
        pair = read_pair(data, f"{file}:{line}")
        if pair.chosen is None or pair.rejected is None:
            raise RowError("judges a single answer: a pair needs chosen and rejected")
        if pair.chosen == pair.rejected:
            raise RowError("both sides are equal")
        return Item(
            line,
            row_id(data, line),
            cluster_of(data, cluster) if cluster else _prompt_hash(pair),
            data,
            labels={
                "type": canonical_name(pair.error_type) if pair.error_type else UNTYPED,
                "source": pair.source or Path(file).name,
            },
            question=Question((pair.chosen, pair.rejected), messages=pair.prompt, tools=pair.tools),
            read=_read,
        )

    name = "stdin" if file == "-" else Path(file).name
    items = read_items(file, read, limit)
    return Task(name, file, "chat scores", items)


def cluster_of(data: dict[str, Any], key: str) -> str:
    """The cluster that a row names.

    Raises:
        RowError: it names none.
    """
    found = data.get(key)
    if not isinstance(found, str | int):
        raise RowError(f"key {key!r} (--cluster) must be a text or a number")
    return str(found)


def _prompt_hash(pair: PreferencePair) -> str:
    text = canonical_json([[turn.key for turn in pair.prompt], pair.tools])
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _read(scores: Sequence[LogProb]) -> Found:
    chosen, rejected = scores
    return {
        "right": won(chosen.mean, rejected.mean),
        "right_by_sum": won(chosen.sum, rejected.sum),
        "margin": round(chosen.mean - rejected.mean, 6),
        "chosen": rounded(chosen),
        "rejected": rounded(rejected),
    }


def won(one: float, other: float) -> float:
    """1 if the first is greater, 0 if it is less, 0.5 for a tie."""
    return (1.0 + (one > other) - (one < other)) / 2
