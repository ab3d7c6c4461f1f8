"""Pairs of any format as items to audit, in memory that does not grow with the input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

from seapo_cli.formats.reader import PreferencePair
from seapo_cli.messages import Message
from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.pairing.candidates import draw
from seapo_cli.rows import UNTYPED, Keys, Row, read_sides

_SLACK = 1.25
"""How far the limit is exceeded before pairs are discarded, so that this happens rarely."""


@dataclass(frozen=True, slots=True)
class Item:
    """Both sides of a pair, and what is known about it."""

    prompt: int
    """Hash of the prompt: equal for equal prompts."""
    chosen: str
    rejected: str
    error_type: str = UNTYPED
    source: str = ""


def item_of(row: Row, keys: Keys) -> Item:
    """A row of `inject` or `filter`, or a plain pair, whatever its type.

    Raises:
        RowError: it holds no pair.
    """
    chosen, rejected = read_sides(row, keys)
    return Item(_prompt_number(row.messages, 0), chosen, rejected)


def _prompt_number(messages: Sequence[Message], seed: int) -> int:
    return draw(seed, "audit", *(tuple(turn.key) for turn in messages))


class Gather:
    """Collects items; if there are more than `limit` pairs, those of prompts drawn by hash.

    A prompt's pairs are all taken or all left out, whatever the order of the input.
    """

    def __init__(self, limit: int, seed: int = 0) -> None:
        self._limit = limit
        self._seed = seed
        self._kept: dict[int, list[PreferencePair]] = defaultdict(list)
        self._count = 0
        self._below = 1 << 63
        """Prompts whose hashes are at least this are left out."""
        self.left_out = 0
        """Rows left out because there are more than the limit."""
        self.unmatched = 0
        """Judged answers of prompts whose answers are all good or all bad."""

    def add(self, pair: PreferencePair) -> None:
        """Add a pair, or a judged answer."""
        prompt = _prompt_number(pair.prompt, self._seed)
        if prompt >= self._below:
            self.left_out += 1
            return
        self._kept[prompt].append(pair)
        self._count += 1
        if self._count > self._limit * _SLACK:
            self._shrink()

    def _shrink(self) -> None:
        for prompt in sorted(self._kept, reverse=True):
            if self._count <= self._limit:
                break
            if len(self._kept) > 1:
                gone = len(self._kept.pop(prompt))
                self._count -= gone
                self.left_out += gone
                self._below = prompt

    def items(self) -> list[Item]:
        """All items, those of a prompt together. To be called last."""
        self._shrink()
        return [
            item for prompt, pairs in self._kept.items() for item in self._of_prompt(prompt, pairs)
        ]

    def _of_prompt(self, prompt: int, pairs: list[PreferencePair]) -> Iterator[Item]:
        """A prompt's pairs; a judged bad answer is paired with the good one most similar to it."""
        good = [pair.chosen for pair in pairs if pair.rejected is None and pair.chosen is not None]
        matched = False
        for pair in pairs:
            if pair.rejected is None:
                continue
            chosen = pair.chosen
            if chosen is None:
                found = extractOne(pair.rejected, good, scorer=ratio)
                if found is None:
                    self.unmatched += 1
                    continue
                chosen, matched = found[0], True
            kind = UNTYPED if pair.error_type is None else canonical_name(pair.error_type)
            source = pair.source or pair.where.rpartition(":")[0]
            yield Item(prompt, chosen, pair.rejected, kind, source)
        self.unmatched += 0 if matched else len(good)
