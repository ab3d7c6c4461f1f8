"""Several processes and nodes: rank, communication, and how the model is distributed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import nn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among all those that train together."""

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this one reports and writes for all."""
        return self.rank == 0

    def broadcast(self, value: T | None) -> T:
        """The first process's value, everywhere."""
        if self.count == 1:
            return value  # type: ignore[return-value]
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[return-value]

    def gather(self, value: T) -> Sequence[T]:
        """Every process's value, in the order of ranks, everywhere."""
        if self.count == 1:
            return [value]
        found: list[T | None] = [None] * self.count
        dist.all_gather_object(found, value)
        return found  # type: ignore[return-value]

    def shard(self, packs: Sequence[list[int]]) -> list[list[int]]:
        """This process's packs. All get the same number, as collectives need: some are repeated."""
        filled = list(packs) + [packs[-1]] * (-len(packs) % self.count)
        return filled[self.rank :: self.count]


def join() -> Processes:
    """Join the others, if a launcher (torchrun, accelerate) started several."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    if count > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Processes(int(os.environ.get("RANK", "0")), count, device)


def leave() -> None:
    """Leave the others, if there are any.

    A gloo group is left to the end of the process: to destroy it waits, holding the interpreter's
    lock, for a thread that may want that lock (torch 2.13).
    """
    if dist.is_initialized() and dist.get_backend() != "gloo":
        dist.destroy_process_group()


class Weights(Protocol):
    """Where each process reads its own parts of weights."""

    def fill(self, shards: nn.Module) -> None:
        """Read the parts of a module that has shapes only."""


def spread(
    scorer: nn.Module,
    sharding: str,
    processes: Processes,
    bf16: bool,
    weights: Weights | None = None,
) -> nn.Module:
    """The scorer on this process's device, as DDP or FSDP2 want it.

    With FSDP2 all read their own parts of the weights; without them the first process sends its.
    """
    if processes.count == 1:
        return scorer.to(processes.device)
    if sharding == "fsdp":
        return _shard(scorer, processes, bf16, weights)
    from torch.nn.parallel import DistributedDataParallel

    devices = [processes.device] if processes.device.type == "cuda" else None
    return DistributedDataParallel(scorer.to(processes.device), device_ids=devices)


@contextmanager
def gradient_sync(scorer: Any, wanted: bool) -> Iterator[None]:
    """Whether the backward pass within adds up gradients over processes."""
    if hasattr(scorer, "set_requires_gradient_sync"):
        scorer.set_requires_gradient_sync(wanted)
        yield
    elif hasattr(scorer, "no_sync") and not wanted:
        with scorer.no_sync():
            yield
    else:
        yield


def _shard(
    scorer: nn.Module, processes: Processes, bf16: bool, weights: Weights | None
) -> nn.Module:
    """FSDP2: each layer of the model a group of its own, the rest together.

    If only the first process has weights, they go out layer by layer, so that the others never
    hold more than their shards and one layer.
    """
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    half = torch.bfloat16 if bf16 else None
    policy = MixedPrecisionPolicy(param_dtype=half, reduce_dtype=torch.float32)
    model: Any = scorer.model
    layers = set(model._no_split_modules or ())
    for module in model.modules():
        if type(module).__name__ in layers:
            if weights is None:
                _send(module, processes)
            fully_shard(module, mp_policy=policy)
    if weights is None:
        _send(scorer, processes)
    # Sharded again after a pass without gradients too: a checkpoint wants the optimizer's weights.
    fully_shard(scorer, mp_policy=policy, reshard_after_forward=True)
    if weights is not None:
        weights.fill(scorer)
    return scorer


def _send(module: nn.Module, processes: Processes) -> None:
    """Broadcast the first process's weights and buffers, except those already sharded."""
    from torch.distributed.tensor import DTensor

    sent: dict[torch.Tensor, torch.Tensor] = {}  # tied weights are sent once and stay tied
    for owner in module.modules():
        named = (*owner.named_parameters(recurse=False), *owner.named_buffers(recurse=False))
        for name, old in named:
            if isinstance(old, DTensor):
                continue
            if old not in sent:
                new = old.detach() if processes.first else torch.empty_like(old, device="cpu")
                new = new.to(processes.device).contiguous()
                dist.broadcast(new, src=0)
                trained = isinstance(old, nn.Parameter)
                sent[old] = nn.Parameter(new, old.requires_grad) if trained else new
            setattr(owner, name, sent[old])
