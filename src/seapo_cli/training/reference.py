"""The reference's log-probabilities: computed once per data set and model, kept on disk.

The reference is the model as it was before the first step. With LoRA that is the base model,
since new adapters change nothing; either way no second copy of the model is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from seapo_cli.errors import InUse, SeapoError
from seapo_cli.training.layout import PARTS, fill
from seapo_cli.training.processes import Processes
from seapo_cli.training.tokens import Example, digest
from seapo_cli.whole_files import whole_file

PACK_TOKENS = 2048
"""Tokens in one forward pass: without gradients this needs little memory."""


def hash_weights(model: Any) -> str:
    """Hash of a model's weights without adapters: another file of the same name is another."""
    found = hashlib.blake2b(digest_size=16)
    for name, weight in model.state_dict().items():
        if "lora_" not in name:
            found.update(weight.detach().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


def reference_logps(
    score: Callable[[Sequence[int]], torch.Tensor],
    examples: Sequence[Example],
    key: str,
    folder: Path,
    processes: Processes,
    advance: Callable[[int], None],
) -> torch.Tensor:
    """[len(examples), 3] fp32 on the CPU: sums of log-probabilities per part, from disk if there.

    `score` gives the sums of some rows; `advance` is told how many rows are done; `key` names
    the model and its precision.

    Raises:
        SeapoError: the result cannot be kept.
    """
    name = hashlib.blake2b(f"{key} {digest(examples)}".encode(), digest_size=16).hexdigest()
    path = folder / f"{name}.pt"
    known = processes.agree(path.is_file() if processes.first else None)
    if known:
        found = processes.agree(torch.load(path) if processes.first else None)
        if isinstance(found, torch.Tensor) and found.shape == (len(examples), PARTS):
            return found
    found = _compute(score, examples, processes, advance)
    if processes.first:
        _keep(found, path)
    return found


def _compute(
    score: Callable[[Sequence[int]], torch.Tensor],
    examples: Sequence[Example],
    processes: Processes,
    advance: Callable[[int], None],
) -> torch.Tensor:
    mine: list[tuple[list[int], torch.Tensor]] = []
    for rows in processes.share(fill(range(len(examples)), examples, PACK_TOKENS)):
        with torch.no_grad():
            mine.append((rows, score(rows).cpu()))
        advance(len(rows) * processes.count)
    found = torch.zeros(len(examples), PARTS)
    for part in processes.gather(mine):
        for rows, sums in part:
            found[rows] = sums
    return found


def _keep(found: torch.Tensor, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            torch.save(found, file)
    except InUse:
        return  # another run keeps the same
    except OSError as error:
        raise SeapoError(
            f"{path.parent}: cannot keep the reference log-probabilities: {error.strerror}; "
            "name another folder with --reference-cache"
        ) from None
