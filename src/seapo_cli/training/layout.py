"""Several pairs in one sequence: the common beginning of answers to a prompt occurs only once.

    [prompt chosen | rest of rejected | rest of another rejected][prompt chosen | ...]...

Each answer continues the one of those before it with which it has most tokens in common. So the
answers to a prompt are a tree (a trie on tokens), and positions go on from where a branch begins.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

import torch

from seapo_cli.training.tokens import Example, Ids, common_start

SHARED, CHOSEN, REJECTED = range(3)
PARTS = 3
"""Log-probabilities are summed over three parts of each pair."""

Stretch = tuple[int, int]
"""First token of a branch in a pack, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Tokens that belong to one answer only, and those before them."""

    begin: int
    end: int
    before: tuple[Stretch, ...]
    """What it continues, in order; each stretch starts where a branch does."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Pairs in one sequence of T tokens, with N scored tokens that M terms of sums use."""

    rows: tuple[int, ...]
    """Which rows of the dataset they are."""
    branches: tuple[Branch, ...]
    """In order, and without gaps."""
    input_ids: torch.Tensor
    """[1, T]"""
    position_ids: torch.Tensor
    """[1, T]"""
    sources: torch.Tensor
    """[N] Where the hidden state is that predicts a scored token."""
    targets: torch.Tensor
    """[N] The scored tokens; those that need no gradient come first."""
    untracked: int
    """How many need none: they are in shared parts only, or have weight 0."""
    scored: torch.Tensor
    """[M] Numbers of scored tokens: one that several pairs have is there for each."""
    slots: torch.Tensor
    """[M] The sum that each is added to: 3 * place in the pack + part."""
    weights: torch.Tensor | None
    """[M] Its weight there; None if all have the same weight."""

    @property
    def tokens(self) -> int:
        """T."""
        tokens: int = self.input_ids.shape[1]
        return tokens

    def to(self, device: torch.device) -> Pack:
        """The same pack on another device."""
        names = ("input_ids", "position_ids", "sources", "targets", "scored", "slots", "weights")
        found = {name: getattr(self, name) for name in names}
        return replace(
            self, **{name: one.to(device) for name, one in found.items() if one is not None}
        )


@dataclass(frozen=True, slots=True)
class _Path:
    """One answer in the pack: the tokens that the model reads, and where they are."""

    tokens: Ids[int]
    stretches: tuple[Stretch, ...]


@dataclass(slots=True)
class _Tree:
    """A pack under construction."""

    ids: Ids[int] = field(default_factory=lambda: array("i"))
    positions: Ids[int] = field(default_factory=lambda: array("i"))
    branches: list[Branch] = field(default_factory=list)
    paths: dict[bytes, list[_Path]] = field(default_factory=dict)
    """By prompt."""

    def sources(self, prompt: Ids[int], answer: Ids[int]) -> list[int]:
        """Where each token of an answer is predicted; missing tokens are added.

        The last token of an answer predicts nothing, so it is scored but not part of the input.
        """
        tokens = (prompt + answer)[:-1]
        known = self.paths.setdefault(prompt.tobytes(), [])
        lengths = [common_start(tokens, path.tokens) for path in known]
        common = max(lengths, default=0)
        before = _first(known[lengths.index(common)].stretches, common) if common else ()
        stretches = before
        if common < len(tokens):
            begin = len(self.ids)
            self.ids += tokens[common:]
            self.positions += array("i", range(common, len(tokens)))
            self.branches.append(Branch(begin, len(self.ids), before))
            stretches = (*before, (begin, len(self.ids)))
            known.append(_Path(tokens, stretches))
        places = [place for stretch in stretches for place in range(*stretch)]
        return places[len(prompt) - 1 :]


def _first(stretches: Sequence[Stretch], count: int) -> tuple[Stretch, ...]:
    """The first `count` tokens of some stretches."""
    found = []
    for begin, end in stretches:
        taken = min(end - begin, count)
        if taken:
            found.append((begin, begin + taken))
        count -= taken
    return tuple(found)


def pack(rows: Sequence[int], examples: Sequence[Example]) -> Pack:
    """Lay the given rows of `examples` out, those with the same prompt as one tree."""
    tree = _Tree()
    scored: list[_Scored] = []
    for place, row in enumerate(rows):
        example = examples[row]
        common, weights = len(example.shared), example.weights
        shared: list[_Scored] = []
        for part, side in ((CHOSEN, example.chosen), (REJECTED, example.rejected)):
            if side is None:
                continue
            answer = example.shared + side
            sources = tree.sources(example.prompt, answer)
            slots = [PARTS * place + SHARED] * common + [PARTS * place + part] * len(side)
            counts = [1.0] * len(answer)
            if weights is not None:
                own = weights.chosen if part == CHOSEN else weights.rejected
                counts = [weights.shared] * common + own.tolist()
            found = [_Scored(*one) for one in zip(sources, answer, slots, counts, strict=True)]
            shared, rest = found[:common], found[common:]
            scored += rest
        scored += shared
    # A token in the shared part of one pair may lie in a branch of another.
    tracked = {one.edge for one in scored if one.slot % PARTS != SHARED and one.weight}
    each = sorted({one.edge for one in scored}, key=lambda edge: (edge in tracked, edge))
    numbers = {edge: number for number, edge in enumerate(each)}
    table = torch.tensor(each, dtype=torch.long).reshape(-1, 2)
    weighted = any(examples[row].weights is not None for row in rows)
    return Pack(
        tuple(rows),
        tuple(tree.branches),
        torch.tensor([tree.ids]),
        torch.tensor([tree.positions]),
        sources=table[:, 0],
        targets=table[:, 1],
        untracked=len(each) - len(tracked),
        scored=torch.tensor([numbers[one.edge] for one in scored], dtype=torch.long),
        slots=torch.tensor([one.slot for one in scored], dtype=torch.long),
        weights=torch.tensor([one.weight for one in scored]) if weighted else None,
    )


class _Scored(NamedTuple):
    """A token that is scored for one sum of one pair."""

    source: int
    target: int
    slot: int
    weight: float

    @property
    def edge(self) -> tuple[int, int]:
        """What is computed once, whoever wants it."""
        return self.source, self.target


def together(rows: Sequence[int], groups: Sequence[int]) -> list[list[int]]:
    """Neighboring rows of one group as one unit; `groups` has the number of each row's."""
    return [list(unit) for _, unit in groupby(rows, key=groups.__getitem__)]


def size(unit: Sequence[int], examples: Sequence[Example]) -> int:
    """Tokens of a unit: its rows have one prompt and one chosen answer.

    Any further common beginning of rejected answers counts for each.
    """
    first, *others = (examples[row] for row in unit)
    return first.tokens + sum(len(other.rejected or ()) for other in others)


def balance(
    units: Sequence[Sequence[int]], examples: Sequence[Example], packs: int
) -> list[list[int]]:
    """Distribute units of rows over packs of about equal length, longest first.

    Every process makes the same packs. With more packs than units the last ones stay empty.
    """
    found: list[list[int]] = [[] for _ in range(packs)]
    sizes = [0] * packs
    for tokens, unit in _longest_first(units, examples):
        smallest = sizes.index(min(sizes))
        found[smallest] += unit
        sizes[smallest] += tokens
    return found


def fill(
    units: Sequence[Sequence[int]], examples: Sequence[Example], tokens: int
) -> list[list[int]]:
    """Units of rows in packs of at most `tokens` (or of one longer unit), longest first."""
    packs: list[list[int]] = []
    room = 0
    for needed, unit in _longest_first(units, examples):
        if needed > room or not packs:
            packs.append([])
            room = tokens
        packs[-1] += unit
        room -= needed
    return packs


def _longest_first(
    units: Sequence[Sequence[int]], examples: Sequence[Example]
) -> list[tuple[int, Sequence[int]]]:
    sized = [(size(unit, examples), unit) for unit in units]
    return sorted(sized, key=lambda one: (-one[0], one[1][0]))
