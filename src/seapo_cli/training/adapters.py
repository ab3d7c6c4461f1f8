"""Adapters: LoRA and its variants by peft's own options, and what serves them."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from typing import Any

import torch

from seapo_cli.exceptions import UsageError
from seapo_cli.options import TrainSettings

VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values that vLLM's --max-lora-rank takes (0.32)."""


def check_device(settings: TrainSettings, device: torch.device) -> None:
    """Refuse 4-bit weights where they cannot be had, before anything is loaded.

    Raises:
        UsageError: there is no GPU, or bitsandbytes is not installed.
    """
    if not settings.qlora:
        return
    if device.type != "cuda":
        raise UsageError("--qlora needs a GPU (CUDA), and there is none: leave it out")
    if find_spec("bitsandbytes") is None:
        raise UsageError("--qlora needs bitsandbytes: pip install bitsandbytes")


def with_adapters(model: Any, settings: TrainSettings) -> Any:
    """The model with new adapters, which change nothing yet; its own weights are frozen.

    Raises:
        UsageError: it has no such layers.
    """
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(settings.seed)
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        target_modules=list(settings.lora_targets) or "all-linear",
        use_dora=settings.dora,
        use_rslora=settings.rslora,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise UsageError(f"--lora-target: {str(error).splitlines()[0]}") from None


def how_to_serve(settings: TrainSettings) -> str | None:
    """A line on serving the written adapters with vLLM; None where a whole model is written."""
    if settings.merges:
        return None
    if settings.dora:
        return "vLLM does not serve DoRA adapters: for it, train with --merge"
    rank = next((rank for rank in VLLM_RANKS if rank >= settings.lora_rank), None)
    if rank is None:
        return f"vLLM serves adapters up to rank {VLLM_RANKS[-1]}: for it, train with --merge"
    folder = settings.output_dir
    command = ["vllm", "serve", settings.model, "--enable-lora", "--max-lora-rank", str(rank)]
    return f"to serve it: {shlex.join([*command, '--lora-modules', f'{folder.name}={folder}'])}"
