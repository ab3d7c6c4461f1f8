"""Weights from safetensors files in slices: with FSDP no process ever holds the whole model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from seapo_cli.options import TrainSettings
from seapo_cli.training.model import is_gguf, model_without_weights
from seapo_cli.training.processes import Processes

_INDEX, _SINGLE = "model.safetensors.index.json", "model.safetensors"


class SlicedModel:
    """A model without weights, and the files that have them under the same names."""

    def __init__(self, model: Any, files: Mapping[str, Path]) -> None:
        self.model = model
        self._files = files

    def weights(self) -> Iterator[tuple[str, torch.Tensor]]:
        """What the loaded model's `state_dict` would hold, in its order, one weight at a time."""
        known = {
            name: (weight, places)
            for weight, places in _places(self.model).items()
            for name, *_ in places
        }
        for name in self.model.state_dict():
            weight, places = known[name]
            yield name, self._read(places, 0, len(weight), weight)

    def fill(self, shards: nn.Module) -> None:
        """Read this process's part of each weight; `shards` has the model under the name `model`.

        Tied weights are read once and stay tied.
        """
        from torch.distributed.tensor import DTensor

        model: Any = shards.model
        for places in _places(model).values():
            _, owner, leaf = places[0]
            old = getattr(owner, leaf)
            begin, end = part(len(old), old.device_mesh.size(), old.device_mesh.get_local_rank())
            local = self._read(places, begin, end, old).to(old.device_mesh.device_type)
            layout = {"shape": old.shape, "stride": old.stride(), "run_check": False}
            spread = DTensor.from_local(local, old.device_mesh, old.placements, **layout)
            new = nn.Parameter(spread, old.requires_grad)
            for _, its_owner, its_leaf in places:
                setattr(its_owner, its_leaf, new)

    def _read(
        self, places: Sequence[tuple[str, Any, str]], begin: int, end: int, like: torch.Tensor
    ) -> torch.Tensor:
        """Rows of a weight. The file is closed again, so that what was read of it can go."""
        from safetensors import safe_open

        if begin == end:
            return torch.empty(0, *like.shape[1:], dtype=like.dtype)
        name = next(name for name, _, _ in places if name in self._files)
        with safe_open(self._files[name], framework="pt") as file:
            rows: torch.Tensor = file.get_slice(name)[begin:end]
            return rows.to(like.dtype, copy=True)


def part(rows: int, processes: int, rank: int) -> tuple[int, int]:
    """First row of a process's shard and the one after the last, as FSDP2 distributes them."""
    each = -(-rows // processes)
    return min(rank * each, rows), min((rank + 1) * each, rows)


def sliced(settings: TrainSettings, processes: Processes) -> SlicedModel | None:
    """The model for FSDP to be read in slices; None where its files do not hold just its weights.

    So it is with GGUF files, adapters, and models whose files transformers converts while loading.

    Raises:
        UsageError: its configuration cannot be loaded.
    """
    if settings.sharding != "fsdp" or processes.count == 1 or settings.lora_rank:
        return None
    if is_gguf(settings.model):
        return None
    model = model_without_weights(settings.model, torch.float32)
    files, shapes = _contents(settings.model)
    places = _places(model)
    buffers = model.state_dict().keys() - {name for each in places.values() for name, *_ in each}
    right = not buffers and all(
        any(shapes.get(name) == list(weight.shape) for name, *_ in each)
        for weight, each in places.items()
    )
    if not all(processes.gather(right)):
        return None
    return SlicedModel(model.train(), files)


def _places(model: nn.Module) -> dict[nn.Parameter, list[tuple[str, Any, str]]]:
    """Where each weight is: its name, the module that has it, and its name there."""
    found: dict[nn.Parameter, list[tuple[str, Any, str]]] = {}
    for path, owner in model.named_modules():
        for leaf, weight in owner.named_parameters(recurse=False):
            name = f"{path}.{leaf}" if path else leaf
            found.setdefault(weight, []).append((name, owner, leaf))
    return found


def _contents(name: str) -> tuple[dict[str, Path], dict[str, list[int]]]:
    """The file of each weight, and its shape; nothing where the model has no such files."""
    from safetensors import safe_open
    from transformers.utils.hub import cached_file

    def found(file: str) -> Path:
        return Path(cached_file(name, file) or "")

    try:
        index = json.loads(found(_INDEX).read_text())["weight_map"]
        paths = [found(file) for file in sorted(set(index.values()))]
    except (OSError, ValueError, LookupError):
        try:
            paths = [found(_SINGLE)]
        except OSError:
            return {}, {}
    files: dict[str, Path] = {}
    shapes: dict[str, list[int]] = {}
    for path in paths:
        with safe_open(path, framework="pt") as file:
            for weight in file.keys():  # noqa: SIM118
                files[weight], shapes[weight] = path, file.get_slice(weight).get_shape()
    return files, shapes
