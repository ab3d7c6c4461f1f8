"""The precision that a run computes in, where none is asked for.

Weights that are trained are fp32 in any case (`model.load_model`): at a rate of 1e-6 bf16 weights
would be rounded back to what they were. Under bf16 their copies for products are bf16.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from seapo_cli.options import TrainSettings
from seapo_cli.training.processes import Processes

_LEAST_GAIN = 2.0
"""How much faster bf16 products must be on a CPU: casts, and all that is not a product, stay."""
_SIZE = 1024
_TURNS = 3
_CPU = Path("/proc/cpuinfo")

Dtype = Literal["bf16", "fp32"]


def with_dtype(
    settings: TrainSettings, begun: Dtype | None, processes: Processes, say: Callable[[str], None]
) -> tuple[TrainSettings, Dtype]:
    """The settings with a precision in place of `auto`: that which the run began with, if it did.

    All processes take what the first one chooses.
    """
    if settings.dtype != "auto":
        return settings, settings.dtype
    if begun is None:
        found = processes.broadcast(choose(processes.device) if processes.first else None)
    else:
        found = begun, "as this run began"
    dtype, why = found
    say(f"computing in {dtype}: {why}")
    return replace(settings, dtype=dtype), dtype


def choose(device: torch.device) -> tuple[Dtype, str]:
    """The faster one that is right on this device, and why; on a CPU it may be measured."""
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", "the GPU has it"
        return "fp32", "the GPU has no bf16"
    if not _has_amx():
        return "fp32", "this CPU has no matrix units for bf16 (AMX)"
    gain = _seconds(torch.float32) / _seconds(torch.bfloat16)
    if gain < _LEAST_GAIN:
        return "fp32", f"bf16 products are only {gain:.1f} times as fast on this CPU"
    return "bf16", f"its products are {gain:.1f} times as fast on this CPU"


def _has_amx() -> bool:
    try:
        return re.search(r"^flags\b.*\bamx_bf16\b", _CPU.read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def _seconds(dtype: torch.dtype) -> float:
    """Of one product: the best of a few, after one more."""
    one = torch.ones(_SIZE, _SIZE, dtype=dtype)
    found = []
    for _ in range(_TURNS + 1):
        begun = time.perf_counter()
        one @ one
        found.append(time.perf_counter() - begun)
    return min(found[1:])
