"""The trained model as a folder that transformers, vLLM and llama.cpp's converter load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from seapo_cli import __version__
from seapo_cli.exceptions import SeapoError
from seapo_cli.io.folders import whole_folder
from seapo_cli.options import TrainSettings
from seapo_cli.training.model import is_gguf, load_model

_LAST = ("config.json", "adapter_config.json")
"""The file that loaders look for first is put in place last."""


def export(
    weights: Mapping[str, Any],
    settings: TrainSettings,
    tokenizer: Any,
    bf16: bool,
    card: str,
) -> None:
    """Write the model with the given trained weights into the output folder.

    Raises:
        SeapoError: it cannot be written.
    """
    target = settings.output_dir
    model = load_model(settings, bf16)
    found = model.load_state_dict(
        {_own(name): weight for name, weight in weights.items()}, strict=False
    )
    assert not found.unexpected_keys, found.unexpected_keys
    if settings.lora_rank and merges(settings):
        model = model.merge_and_unload()
    if not settings.lora_rank or merges(settings):
        model.to(torch.bfloat16 if bf16 else torch.float32)
        model.config.use_cache = True
    try:
        with whole_folder(target, last=_LAST) as part:
            model.save_pretrained(part)
            tokenizer.save_pretrained(part)
            if model.generation_config is not None:
                model.generation_config.save_pretrained(part)
            (part / "README.md").write_text(card)
    except Exception as error:  # safetensors has an error of its own for a full disk
        if isinstance(error, OSError) or type(error).__name__ == "SafetensorError":
            raise SeapoError(f"{target}: cannot write the model: {error}") from None
        raise


def merges(settings: TrainSettings) -> bool:
    """Whether adapters are merged: on request, or if their base could not be loaded."""
    return settings.merge or is_gguf(settings.model)


def _own(name: str) -> str:
    """The scorer's name of a weight as the model's."""
    return name.removeprefix("model.")


def model_card(settings: TrainSettings, data: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """The folder's README.md: what it was made from, how, and how well that went."""
    base = Path(settings.model).name if is_gguf(settings.model) else settings.model
    front = ["library_name: transformers", "tags: [seapo, preference-optimization]"]
    if not is_gguf(settings.model):
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
