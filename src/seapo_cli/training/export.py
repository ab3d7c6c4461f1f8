"""The trained model as a folder that transformers, vLLM and llama.cpp's converter load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seapo_cli import __version__
from seapo_cli.exceptions import SeapoError
from seapo_cli.io.folders import whole_folder
from seapo_cli.options import TrainSettings
from seapo_cli.training.gguf import convert
from seapo_cli.training.model import load_model

_LAST = ("config.json", "adapter_config.json")
"""The file that loaders look for first is put in place last."""
_ADAPTERS = ("adapter_config.json", "adapter_model.safetensors")
_MODEL = (
    *("config.json", "model.safetensors", "model.safetensors.index.json"),
    "model-*-of-*.safetensors",  # as transformers names shards, not what somebody else may
)
"""Loaders take one or the other: what an export without, or with, `--merge` left is removed."""


def export(
    weights: Mapping[str, Any],
    settings: TrainSettings,
    tokenizer: Any,
    bf16: bool,
    card: str,
) -> None:
    """Write the model with the given trained weights into the output folder.

    Raises:
        SeapoError: it cannot be written, or converted to GGUF.
    """
    target = settings.output_dir
    model = load_model(replace(settings, qlora=False), bf16)  # adapters merge into full weights
    found = model.load_state_dict(
        {_own(name): weight for name, weight in weights.items()}, strict=False
    )
    assert not found.unexpected_keys, found.unexpected_keys
    if settings.lora_rank and settings.merges:
        model = model.merge_and_unload()
    if settings.merges:
        model.to(torch.bfloat16 if bf16 else torch.float32)
        model.config.use_cache = True
    try:
        with whole_folder(target, last=_LAST) as part:
            model.save_pretrained(part)
            tokenizer.save_pretrained(part)
            if model.generation_config is not None:
                model.generation_config.save_pretrained(part)
            (part / "README.md").write_text(card)
        for pattern in _ADAPTERS if settings.merges else _MODEL:
            for left in target.glob(pattern):
                left.unlink()
    except Exception as error:  # safetensors has an error of its own for a full disk
        if isinstance(error, OSError) or type(error).__name__ == "SafetensorError":
            raise SeapoError(f"{target}: cannot write the model: {error}") from None
        raise
    if settings.gguf:
        convert(target, settings.gguf)


def _own(name: str) -> str:
    """The scorer's name of a weight as the model's."""
    return name.removeprefix("model.")


def model_card(settings: TrainSettings, data: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """The folder's README.md: what it was made from, how, and how well that went."""
    base = Path(settings.model).name if settings.is_gguf else settings.model
    front = ["library_name: transformers", "tags: [seapo, preference-optimization]"]
    if not settings.is_gguf:
        front.append(f"base_model: {base}")
    chosen = settings.dump(without={"files", "output_dir", "reference_cache"})
    parts = [
        "---",
        *front,
        "---",
        f"# {settings.output_dir.name}",
        "",
        f"{base}, trained on preference pairs with `seapo train` {__version__} "
        f"(loss `{settings.loss}`).",
        *_section("Data", data),
        *_section("Last metrics", metrics),
        *_section("Settings", chosen),
    ]
    return "\n".join(parts) + "\n"


def _section(title: str, values: Mapping[str, Any]) -> list[str]:
    return ["", f"## {title}", "```json", json.dumps(values, indent=2, default=str), "```"]
