"""Reading back what `torch.save` wrote, even if it has been damaged since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from seapo_cli.exceptions import SeapoError


class Damaged(Exception):
    """The file is not what was written; the text says in what way."""


def read_saved(path: Path) -> Any:
    """The tensors and plain values in a file, mapped into memory where they can be; no code is run.

    Raises:
        Damaged: it is empty, cut off, or holds something else.
        SeapoError: it cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise SeapoError(f"{path}: cannot read: {error.strerror}") from None
    if empty:
        raise Damaged("empty")
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch and pickle may raise anything on arbitrary bytes
        lines = str(error).strip().splitlines()
        reason = lines[0][:100] if lines else "unreadable"
        raise Damaged(f"{type(error).__name__}: {reason}") from None


def all_finite(values: Any) -> bool:
    """Whether a tensor, or every tensor in nested dicts and lists, has finite numbers only."""
    if isinstance(values, torch.Tensor):
        return bool(torch.isfinite(values).all())
    if isinstance(values, dict):
        return all(map(all_finite, values.values()))
    return not isinstance(values, list | tuple) or all(map(all_finite, values))
