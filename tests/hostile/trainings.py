"""Small trainings under attack."""

from __future__ import annotations

import json
from pathlib import Path

from hostile.bench import Bench, Running

PAIRS = 24


def prepare_training(bench: Bench, model: Path, output: Path | None = None) -> None:
    """Write pairs and settings.json; the model goes to the folder `out`, or `output`."""
    from seapo_cli.options import TrainSettings
    from tiny_model import arithmetic_pairs

    output = output or bench.folder / "out"
    pairs = bench.file("pairs.jsonl", arithmetic_pairs(PAIRS))
    values = {"files": (pairs,), "model": str(model), "output_dir": output}
    values |= {"reference_cache": bench.folder / "reference"}
    values |= {"learning_rate": 1e-3, "batch_size": 4}
    settings = TrainSettings.checked(**values, epochs=6, save_steps=3, eval_split=0.2)
    output.mkdir(exist_ok=True)
    bench.file("settings.json", json.dumps(settings.dump()).encode())


def start_training(bench: Bench) -> Running:
    """Start the training program."""
    return bench.start("settings.json", program="training", stdout="/dev/null")


def trained(bench: Bench) -> dict[str, bytes]:
    """The weights of a finished training."""
    path = bench.folder / "out" / "model.safetensors"
    return {path.name: path.read_bytes()} if path.exists() else {}
