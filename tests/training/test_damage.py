"""Files of a run that were cut off, emptied or replaced: one line, and on with what is good."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from seapo_cli.options import TrainSettings
from seapo_cli.training import train as program
from tiny_model import arithmetic_pairs, train_settings, write_rows


class Poison:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.target),)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def poisoned(path: Path) -> None:
    torch.save({"model": Poison(path.with_name("poison"))}, path)


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Poison(path.with_name("poison"))))


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def something_else(path: Path) -> None:
    torch.save({"progress": {"step": 3}, "model": [1, 2], "optimizer": None}, path)


def not_a_number(path: Path) -> None:
    state = torch.load(path, weights_only=True)
    tensors = state["model"].values() if isinstance(state, dict) else [state]
    next(iter(tensors)).flatten()[0] = float("nan")
    torch.save(state, path)


DAMAGE = [truncated, emptied, poisoned, pickled, noise, something_else, not_a_number]


@pytest.fixture
def settings(tmp_path: Path) -> TrainSettings:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(16))
    return train_settings(tmp_path, [pairs], save_steps=1, eval_split=0.25, eval_steps=1)


def weights(settings: TrainSettings) -> bytes:
    return (settings.output_dir / "model.safetensors").read_bytes()


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_older_checkpoint_is_taken(
    settings: TrainSettings, damage: Callable[[Path], None], capfd: Any
) -> None:
    program.train(settings)
    expected = weights(settings)
    older, newest = sorted((settings.output_dir / "checkpoints").iterdir())
    damage(newest)
    bytes_of_it = newest.read_bytes()
    capfd.readouterr()
    assert program.train(settings) == 0
    stderr = capfd.readouterr().err.splitlines()
    (line,) = (line for line in stderr if "damaged" in line)
    assert f"{newest}: damaged (" in line
    assert f"put aside as {newest.name}.damaged" in line
    assert f"seapo train: resuming after step 2 ({older.name})" in stderr
    assert weights(settings) == expected
    assert newest.with_name(f"{newest.name}.damaged").read_bytes() == bytes_of_it
    assert not newest.with_name("poison").exists()


def test_without_a_good_checkpoint_it_begins_again(settings: TrainSettings, capfd: Any) -> None:
    program.train(settings)
    expected = weights(settings)
    for path in (settings.output_dir / "checkpoints").iterdir():
        truncated(path)
    capfd.readouterr()
    assert program.train(settings) == 0
    stderr = capfd.readouterr().err
    assert stderr.count("damaged (") == 2
    assert "no good checkpoint is left: starting over" in stderr
    assert weights(settings) == expected


@pytest.mark.parametrize("damage", [truncated, poisoned, something_else, not_a_number])
def test_the_reference_is_computed_again(
    settings: TrainSettings, damage: Callable[[Path], None], capfd: Any, tmp_path: Path
) -> None:
    program.train(settings)
    (kept,) = (tmp_path / "cache").iterdir()
    right = kept.read_bytes()
    damage(kept)
    other = replace(settings, output_dir=tmp_path / "other")
    other.output_dir.mkdir()
    capfd.readouterr()
    assert program.train(other) == 0
    assert f"{kept}: damaged (" in capfd.readouterr().err
    assert weights(other) == weights(settings)
    assert kept.read_bytes() == right
    assert not kept.with_name("poison").exists()


@pytest.mark.parametrize("damage", [truncated, poisoned])
def test_without_the_best_weights_the_last_are_written(
    settings: TrainSettings, damage: Callable[[Path], None], capfd: Any
) -> None:
    settings = replace(settings, patience=9)
    program.train(settings)
    damage(settings.output_dir / "checkpoints" / "best.pt")
    capfd.readouterr()
    assert program.train(settings) == 0
    assert "the last weights are written instead of the best" in capfd.readouterr().err


def test_lost_metrics_do_not_stop_a_run(settings: TrainSettings) -> None:
    program.train(settings)
    (settings.output_dir / "train_metrics.jsonl").unlink()
    assert program.train(settings) == 0
