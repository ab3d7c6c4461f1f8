"""Easy pairs before hard ones, sorted on disk (curriculum order, as in arXiv 2505.17558)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seapo_cli.exceptions import SeapoError
from seapo_cli.formats.base import Data
from seapo_cli.io.json_text import decode, encode
from seapo_cli.pairing.index import Scratch


@dataclass(frozen=True, slots=True)
class OutputPair:
    """The output rows of one pair."""

    evaluation: bool
    rows: Sequence[Data]
    group: int = 0
    """Names the prompt."""
    closeness: float = 0.0
    """How hard it is, where that matters."""
    rank: int = 0
    """Its place among equally hard ones."""


def easy_to_hard(pairs: Iterable[OutputPair], scratch: Scratch) -> Iterator[OutputPair]:
    """The same pairs, the easiest first.

    Raises:
        SeapoError: the disk is full.
    """
    database = scratch.database
    database.execute("CREATE TABLE made (evaluation, prompt, closeness, rank, start, size)")
    file = scratch.file()
    try:
        database.executemany(
            "INSERT INTO made VALUES (?, ?, ?, ?, ?, ?)",
            (
                (
                    pair.evaluation,
                    pair.group,
                    pair.closeness,
                    pair.rank,
                    file.tell(),
                    file.write(data),
                )
                for pair in pairs
                for data in [encode(pair.rows)]
            ),
        )
        file.flush()
    except OSError as error:
        raise SeapoError(f"cannot keep pairs to sort them: {error.strerror}") from None
    query = "SELECT evaluation, prompt, start, size FROM made ORDER BY closeness, rank, start"
    for evaluation, group, start, size in database.execute(query):
        rows = decode(os.pread(file.fileno(), size, start))
        yield OutputPair(bool(evaluation), rows, group)
