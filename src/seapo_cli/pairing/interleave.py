"""Rows of two prompts in turns, for formats with one answer a row.

KTO measures its reference point on mismatched rows: TRL and LLaMA-Factory give each prompt the
answer of the row before it, in the order of the file. Were that row of the same prompt, the
answer would be no mismatch; with batches of two, no row would have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest

from seapo_cli.formats.base import Data
from seapo_cli.pairing.order import OutputPair


def interleave(pairs: Iterable[OutputPair]) -> Iterator[OutputPair]:
    """The same rows, with as few of the same prompt next to each other as can be.

    The second prompt's rows go backwards, so that good and bad answers alternate too.
    """
    waiting: dict[bool, list[Data]] = {}
    for (evaluation, _), made in groupby(pairs, key=lambda pair: (pair.evaluation, pair.group)):
        rows = [row for pair in made for row in pair.rows]
        if before := waiting.pop(evaluation, None):
            yield OutputPair(evaluation, _in_turns(before, rows[::-1]))
        else:
            waiting[evaluation] = rows
    for evaluation, rows in waiting.items():
        yield OutputPair(evaluation, rows)


def _in_turns(first: Sequence[Data], second: Sequence[Data]) -> list[Data]:
    both = zip_longest(first, second)
    return [row for rows in both for row in rows if row is not None]
