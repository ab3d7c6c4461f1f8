"""Several pairs in one sequence: the common part of each once, then its two branches.

    [prompt shared | rest of chosen | rest of rejected][prompt shared | ...]...

Positions restart at each branch, so that both continue the common part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seapo_cli.training.tokens import Example, Ids

SHARED, CHOSEN, REJECTED = range(3)
PARTS = 3
"""Log-probabilities are summed over three parts of each pair."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Where one pair lies in a pack: the common part, chosen's branch, rejected's branch."""

    begin: int
    chosen: int
    rejected: int
    end: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Pairs in one sequence of T tokens, with N completion tokens to score."""

    rows: tuple[int, ...]
    """Which rows of the data set they are."""
    segments: tuple[Segment, ...]
    input_ids: torch.Tensor
    """[1, T]"""
    position_ids: torch.Tensor
    """[1, T]"""
    sources: torch.Tensor
    """[N] Where the hidden state is that predicts a scored token; shared parts come first."""
    targets: torch.Tensor
    """[N] The scored tokens."""
    slots: torch.Tensor
    """[N] The sum that a token belongs to: 3 * place in the pack + part."""
    shared: int
    """How many of the N lie in shared parts."""

    @property
    def tokens(self) -> int:
        """T."""
        return self.input_ids.shape[1]

    def to(self, device: torch.device) -> Pack:
        """The same pack on another device."""
        return Pack(
            self.rows,
            self.segments,
            self.input_ids.to(device),
            self.position_ids.to(device),
            self.sources.to(device),
            self.targets.to(device),
            self.slots.to(device),
            self.shared,
        )


def pack(rows: Sequence[int], examples: Sequence[Example]) -> Pack:
    """Lay the given rows of `examples` out one after the other.

    The last token of a branch predicts nothing, so it is scored but not part of the input.
    """
    ids: list[int] = []
    positions: list[int] = []
    segments: list[Segment] = []
    scored: list[tuple[int, int, int]] = []
    for place, row in enumerate(rows):
        example = examples[row]
        begin = len(ids)
        common = [*example.prompt, *example.shared]
        ids += common
        positions += range(len(common))
        first = begin + len(example.prompt) - 1
        slot = PARTS * place
        scored += [(first + n, one, slot + SHARED) for n, one in enumerate(example.shared)]
        ends = [len(ids)]
        for part, side in ((CHOSEN, example.chosen), (REJECTED, example.rejected)):
            scored += _scored(side or (), begin + len(common) - 1, len(ids), slot + part)
            branch = side[:-1] if side else ()
            positions += range(len(common), len(common) + len(branch))
            ids += branch
            ends.append(len(ids))
        segments.append(Segment(begin, *ends))
    scored.sort(key=lambda one: one[2] % PARTS != SHARED)  # stable: parts stay in order
    table = torch.tensor(scored, dtype=torch.long).reshape(-1, 3)
    return Pack(
        tuple(rows),
        tuple(segments),
        torch.tensor([ids]),
        torch.tensor([positions]),
        sources=table[:, 0],
        targets=table[:, 1],
        slots=table[:, 2],
        shared=sum(slot % PARTS == SHARED for _, _, slot in scored),
    )


def _scored(
    side: Sequence[int] | Ids[int], common: int, start: int, slot: int
) -> list[tuple[int, int, int]]:
    """Source, target and slot of a branch's tokens; its first is predicted by the common part."""
    sources = [common, *range(start, start + len(side) - 1)]
    return [(source, target, slot) for source, target in zip(sources, side, strict=False)]


def balance(rows: Sequence[int], examples: Sequence[Example], packs: int) -> list[list[int]]:
    """Share rows out over packs of about equal length, longest rows first.

    Every process makes the same packs. With more packs than rows the last ones stay empty.
    """
    found: list[list[int]] = [[] for _ in range(packs)]
    sizes = [0] * packs
    for row in _longest_first(rows, examples):
        smallest = sizes.index(min(sizes))
        found[smallest].append(row)
        sizes[smallest] += examples[row].tokens
    return found


def fill(rows: Sequence[int], examples: Sequence[Example], tokens: int) -> list[list[int]]:
    """Rows in packs of at most `tokens` (or of one longer row), longest rows first."""
    packs: list[list[int]] = []
    room = 0
    for row in _longest_first(rows, examples):
        if examples[row].tokens > room or not packs:
            packs.append([])
            room = tokens
        packs[-1].append(row)
        room -= examples[row].tokens
    return packs


def _longest_first(rows: Sequence[int], examples: Sequence[Example]) -> list[int]:
    return sorted(rows, key=lambda row: (-examples[row].tokens, row))
