"""Checkpoints: whole or absent, the last few kept, enough in each to go on to the same bit."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from seapo_cli.errors import SeapoError, UsageError
from seapo_cli.training.processes import Processes
from seapo_cli.whole_files import whole_file

_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. The order of the data follows from the step and the seed."""

    fingerprint: str
    """Hash of all that decides the result: settings, model, data."""
    step: int
    metrics_bytes: int
    """Length of the metrics file at that step: what comes after is written again."""
    best_loss: float
    evaluations_since_best: int


def trained_weights(model: nn.Module) -> dict[str, Any]:
    """The weights that are trained, whole, on the CPU (of the first process)."""
    return get_model_state_dict(model, options=_WHOLE)


class Checkpoints:
    """The folder `checkpoints/` of a run: `step-00000100.pt`, and `best.pt` with early stopping."""

    def __init__(self, output_dir: Path, keep: int, processes: Processes) -> None:
        self._folder = output_dir / "checkpoints"
        self._keep = keep
        self._processes = processes

    def latest(self) -> Path | None:
        """The newest whole checkpoint."""
        return max(self._folder.glob("step-*.pt"), default=None)

    def save(self, progress: Progress, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write a checkpoint and drop those beyond the last few.

        Raises:
            SeapoError: it cannot be written; names the last good one.
        """
        state = {
            "progress": asdict(progress),
            "model": trained_weights(model),
            "optimizer": get_optimizer_state_dict(model, optimizer, options=_WHOLE),
            "random": torch.get_rng_state(),
        }
        self._write(f"step-{progress.step:08}.pt", state)
        for old in sorted(self._folder.glob("step-*.pt"))[: -self._keep]:
            old.unlink(missing_ok=True)

    def save_best(self, model: nn.Module) -> None:
        """Keep the weights of the best evaluation.

        Raises:
            SeapoError: they cannot be written.
        """
        self._write("best.pt", {"model": trained_weights(model)})

    def best(self) -> dict[str, Any] | None:
        """The weights of the best evaluation, if any were kept."""
        path = self._folder / "best.pt"
        return torch.load(path)["model"] if path.is_file() else None

    def restore(
        self, path: Path, fingerprint: str, model: nn.Module, optimizer: torch.optim.Optimizer
    ) -> Progress:
        """Load a checkpoint into model and optimizer.

        Raises:
            UsageError: it belongs to another run.
        """
        state = torch.load(path, mmap=True)
        spread = StateDictOptions(
            full_state_dict=True,
            broadcast_from_rank0=self._processes.count > 1,
            ignore_frozen_params=True,
            strict=False,  # frozen weights are not in it
        )
        progress = Progress(**state["progress"])
        if progress.fingerprint != fingerprint:
            raise UsageError(
                f"{self._folder.parent} holds a run with other settings, model or pairs: "
                "give another --output-dir, or remove it"
            )
        set_model_state_dict(model, state["model"], options=spread)
        set_optimizer_state_dict(model, optimizer, state["optimizer"], options=spread)
        torch.set_rng_state(state["random"])
        return progress

    def _write(self, name: str, state: dict[str, Any]) -> None:
        if not self._processes.first:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with whole_file(self._folder / name) as file:
                torch.save(state, file)
        except (OSError, RuntimeError) as error:
            raise SeapoError(self._failure(name, error)) from None

    def _failure(self, name: str, error: Exception) -> str:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        free = shutil.disk_usage(self._folder.parent).free >> 20
        last = self.latest()
        good = f"{last.name} is whole and the same command goes on from it" if last else "none yet"
        return f"{self._folder / name}: cannot write: {reason} ({free} MiB free); last good: {good}"
