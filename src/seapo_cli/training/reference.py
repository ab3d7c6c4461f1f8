"""The reference's log-probabilities: computed once per dataset and model, kept on disk.

The reference is the model as it was before the first step. With LoRA that is the base model,
since new adapters change nothing; either way no second copy of the model is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch

from seapo_cli.exceptions import InUse, SeapoError
from seapo_cli.io.whole_files import whole_file
from seapo_cli.training.layout import PARTS, fill, together
from seapo_cli.training.processes import Processes
from seapo_cli.training.saved import Damaged, all_finite, read_saved
from seapo_cli.training.tokens import Example, digest

PACK_TOKENS = 2048
"""Tokens in one forward pass: without gradients this needs little memory."""


CHES = 2
"""Columns after the sums: those of `difficulty.ches`."""


def columns(examples: Sequence[Example]) -> int:
    """How many sums each example has: weighted ones too, if its tokens have weights."""
    return 2 * PARTS if examples and examples[0].weights else PARTS


def hash_weights(weights: Iterable[tuple[str, torch.Tensor]]) -> str:
    """Hash of a model's weights without adapters: another file of the same name is another."""
    found = hashlib.blake2b(digest_size=16)
    for name, weight in weights:
        if "lora_" not in name:
            plain = weight.detach().cpu().contiguous()
            found.update(plain.flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


def reference_logps(
    score: Callable[[Sequence[int]], torch.Tensor],
    examples: Sequence[Example],
    groups: Sequence[int],
    key: str,
    folder: Path,
    processes: Processes,
    advance: Callable[[int], None],
    say: Callable[[str], None],
) -> torch.Tensor:
    """[len(examples), 5 or 8] fp32 on the CPU: sums of log-probabilities and CHES, kept on disk.

    `score` gives these of some rows, those of one group at once; `advance` is told how many
    rows are done; `key` names the model and its precision. A damaged file is reported through `say`
    and replaced.

    Raises:
        SeapoError: the result cannot be kept, or what was kept cannot be read.
    """
    name = hashlib.blake2b(f"{key} {digest(examples)}".encode(), digest_size=16).hexdigest()
    path = folder / f"{name}.pt"
    shape = len(examples), columns(examples) + CHES
    known = processes.broadcast(_kept(path, shape, say) if processes.first else None)
    if known is not None:
        return known
    found = _compute(score, examples, groups, processes, advance)
    if processes.first:
        _keep(found, path)
    return found


def _kept(path: Path, shape: tuple[int, int], say: Callable[[str], None]) -> torch.Tensor | None:
    """What was computed before; None if there is nothing usable."""
    if not path.is_file():
        return None
    try:
        found = read_saved(path)
        right = isinstance(found, torch.Tensor) and found.dtype is torch.float32
        if not right or found.shape != shape or not all_finite(found):
            raise Damaged("not the values of these pairs")
    except Damaged as error:
        say(f"{path}: damaged ({error}): recomputing the reference log-probabilities")
        return None
    kept: torch.Tensor = found.clone()  # the file may be replaced while it is mapped
    return kept


def _compute(
    score: Callable[[Sequence[int]], torch.Tensor],
    examples: Sequence[Example],
    groups: Sequence[int],
    processes: Processes,
    advance: Callable[[int], None],
) -> torch.Tensor:
    mine: list[tuple[list[int], torch.Tensor]] = []
    units = together(range(len(examples)), groups)
    for rows in processes.shard(fill(units, examples, PACK_TOKENS)):
        with torch.no_grad():
            mine.append((rows, score(rows).cpu()))
        advance(len(rows) * processes.count)
    found = torch.zeros(len(examples), columns(examples) + CHES)
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
        return  # another run writes the same
    except OSError as error:
        raise SeapoError(
            f"{path.parent}: cannot keep the reference log-probabilities: {error.strerror}; "
            "name another folder with --reference-cache"
        ) from None
