"""Whether a step fits into memory with all activations kept, by what small passes keep.

What a pass keeps for its gradient grows with its tokens. Two small passes say by how much a token,
so that the largest step need not be tried: on a CPU nobody says that memory is out, the system
ends the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.autograd.graph import saved_tensors_hooks

from seapo_cli.options import TrainSettings
from seapo_cli.training.batches import Batches
from seapo_cli.training.checkpoints import Progress
from seapo_cli.training.layout import size, together
from seapo_cli.training.logps import KEPT_BYTES
from seapo_cli.training.loss_step import LossStep
from seapo_cli.training.losses import scores_shared
from seapo_cli.training.optimizer import STATE_BYTES
from seapo_cli.training.report import Report
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Example

_SHARE = 0.9
"""Of the free memory that a step may take: temporary tensors come on top."""
_FP32, _BF16 = 4, 2
_MEMINFO = Path("/proc/meminfo")
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a step adds to what is in memory before the first one."""

    activations: int
    rest: int
    """Gradients, the optimizer's state, copies of weights, logits."""
    free: int

    @property
    def fits(self) -> bool:
        """Whether all activations can be kept."""
        return self.activations + self.rest <= _SHARE * self.free

    def __str__(self) -> str:
        needed, free = ((n / 1e9) for n in (self.activations + self.rest, self.free))
        return f"a step would need about {needed:.1f} GB with all of them, {free:.1f} GB are free"


def with_checkpointing(
    settings: TrainSettings,
    scorer: Scorer,
    work: LossStep,
    batches: Batches,
    progress: Progress,
    report: Report,
) -> bool:
    """Recompute activations if asked for, if the run began so, or if they would not fit.

    Returns whether they are recomputed. All processes do the same.
    """
    wanted = settings.gradient_checkpointing
    if wanted is None:
        wanted = progress.recomputes
    if wanted is None:
        wanted = scorer.can_recompute and not _fits(settings, scorer, work, batches, report)
    if wanted:
        scorer.recompute()
    return wanted


def _fits(
    settings: TrainSettings, scorer: Scorer, work: LossStep, batches: Batches, report: Report
) -> bool:
    """Whether the largest pass of the first epoch fits, in every process."""
    steps = (together(batches.rows(n), work.columns.groups) for n in range(batches.per_epoch))
    packs = (rows for units in steps for rows in work.packs(units, settings.accumulate))
    largest = max(packs, key=lambda rows: _size(rows, work))
    state_bytes = STATE_BYTES[settings.optimizer]
    shared = scores_shared(settings)
    needed = need(scorer, batches.units, work.examples, largest, state_bytes, shared)
    short = [one for one in work.processes.gather(needed) if one is not None and not one.fits]
    if short:
        report.say(f"activations are recomputed (gradient checkpointing): {short[0]}")
    return not short


def _size(rows: Sequence[int], work: LossStep) -> int:
    return sum(size(unit, work.examples) for unit in together(rows, work.columns.groups))


def need(
    scorer: Scorer,
    units: Sequence[Sequence[int]],
    examples: Sequence[Example],
    rows: Sequence[int],
    state_bytes: float,
    shared: bool,
) -> Need | None:
    """What a pass over some rows needs, with a step; None where free memory is not known.

    `units` are those to train on, `state_bytes` the optimizer's for each weight. Runs two small
    passes; with FSDP all processes run them together.
    """
    tokens = scorer.tokens(rows, examples)
    activations = int(tokens * _bytes_per_token(scorer, units, examples, shared))
    free = free_bytes(next(scorer.parameters()).device)
    if free is None:
        return None
    trained = sum(_local(one).numel() for one in scorer.parameters() if one.requires_grad)
    copies = _BF16 if scorer.bf16 else 0
    logits = min(KEPT_BYTES, _FP32 * tokens * scorer.config.vocab_size)
    return Need(activations, int(trained * (_FP32 + state_bytes + copies)) + logits, free)


def _local(one: Any) -> torch.Tensor:
    """This process's part of a weight."""
    local: torch.Tensor = one.to_local() if hasattr(one, "to_local") else one
    return local


def _bytes_per_token(
    scorer: Scorer, units: Sequence[Sequence[int]], examples: Sequence[Example], shared: bool
) -> float:
    """What a token more adds; what does not depend on their number drops out."""
    first, *others = sorted(units, key=lambda unit: size(unit, examples))[:2]
    both = [row for unit in (first, *others) for row in unit]
    tokens = [scorer.tokens(rows, examples) for rows in (first, both)]
    kept = [kept_bytes(scorer, rows, examples, shared) for rows in (first, both)]
    if tokens[1] > tokens[0]:
        return (kept[1] - kept[0]) / (tokens[1] - tokens[0])
    return kept[1] / tokens[1]


def kept_bytes(
    scorer: Scorer, rows: Sequence[int], examples: Sequence[Example], shared: bool
) -> int:
    """Memory that a pass over some rows keeps for its gradient, besides the weights."""
    found: dict[int, int] = {}

    def keep(one: torch.Tensor) -> torch.Tensor:
        storage = one.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()
        return one

    with saved_tensors_hooks(keep, lambda one: one):
        sums = scorer(rows, examples, shared)
    weights = {_local(one).untyped_storage().data_ptr() for one in scorer.parameters()}
    kept = sum(count for place, count in found.items() if place not in weights)
    (0.0 * sums.sum()).backward()  # FSDP expects one after each pass
    scorer.zero_grad(set_to_none=True)
    return kept


def free_bytes(device: torch.device) -> int | None:
    """Memory that this process may still take; None where that is not known."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + unused)
    known = [*_available(), *_left_in_cgroups()]
    return min(known) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if known else None


def _available() -> Iterator[int]:
    for line in _lines(_MEMINFO):
        name, *value = line.split()
        if name == "MemAvailable:":
            yield int(value[0]) << 10


def _left_in_cgroups() -> Iterator[int]:
    """What the limits of this process's group (version 2) and those above it leave."""
    own = [line.partition("::")[2] for line in _lines(Path("/proc/self/cgroup")) if "::" in line]
    place = _CGROUPS / own[0].strip("/") if own else _CGROUPS
    for folder in (place, *place.parents):
        if not folder.is_relative_to(_CGROUPS):
            return
        limit, used = _lines(folder / "memory.max"), _lines(folder / "memory.current")
        if limit and used and limit[0].isdigit():
            cached = [line for line in _lines(folder / "memory.stat") if "inactive_file" in line]
            given_up = int(cached[0].split()[1]) if cached else 0
            yield max(0, int(limit[0]) - int(used[0]) + given_up)


def _lines(path: Path) -> list[str]:
    """A file's lines; none where it is missing."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
