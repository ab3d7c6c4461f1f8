"""Checkpoints: complete or absent, the last few kept, each sufficient to resume bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
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

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.io.whole_files import whole_file
from seapo_cli.training.precision import Dtype
from seapo_cli.training.processes import Processes
from seapo_cli.training.saved import Damaged, all_finite, read_saved

_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run. The order of the data follows from the step and the seed."""

    fingerprint: str
    """Hash of everything that determines the result: settings, model, data."""
    step: int
    metrics_bytes: int
    """Length of the metrics file at that step: what follows is written again."""
    best_loss: float
    evaluations_since_best: int
    dtype: Dtype
    """What it computes in: chosen once, however often it is resumed."""
    recomputes: bool | None
    """Whether activations are recomputed; likewise. None before that is known."""


def trained_weights(model: nn.Module) -> dict[str, Any]:
    """The weights that are trained, whole, on the CPU (of the first process)."""
    weights: dict[str, Any] = get_model_state_dict(model, options=_WHOLE)
    return weights


class Checkpoints:
    """The folder `checkpoints/` of a run: `step-00000100.pt`, and `best.pt` with early stopping."""

    def __init__(self, output_dir: Path, keep: int, processes: Processes) -> None:
        self._folder = output_dir / "checkpoints"
        self._keep = keep
        self._processes = processes

    def latest(self) -> Path | None:
        """The newest complete checkpoint."""
        return max(self._folder.glob("step-*.pt"), default=None)

    def begun(self) -> Progress | None:
        """The progress of the newest checkpoint that can be read, before it is restored."""
        for path in sorted(self._folder.glob("step-*.pt"), reverse=True):
            with suppress(Damaged, LookupError, TypeError):
                return Progress(**read_saved(path)["progress"])
        return None

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

    def best(self, say: Callable[[str], None]) -> dict[str, Any] | None:
        """The weights of the best evaluation; None, and a line, where they cannot be had."""
        path = self._folder / "best.pt"
        if not path.is_file():
            return None
        try:
            weights = read_saved(path)["model"]
            if not (isinstance(weights, dict) and all_finite(weights)):
                raise Damaged("no weights in it")
        except (Damaged, LookupError, TypeError) as error:
            say(f"{path}: damaged ({error}): the last weights are written instead of the best")
            return None
        return weights

    def restore(
        self,
        fingerprint: str,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        say: Callable[[str], None],
    ) -> Progress | None:
        """Load the newest good checkpoint into model and optimizer; None where there is none.

        A damaged one is reported and renamed, and the one before it is loaded.

        Raises:
            UsageError: it belongs to another run.
            SeapoError: it cannot be read, or does not fit the model.
        """
        found = sorted(self._folder.glob("step-*.pt"), reverse=True)
        for path in self._processes.broadcast(found):
            state, fault = _whole_state(path)
            faults = self._processes.gather(fault)
            if state is None or any(faults):
                aside = path.with_name(f"{path.name}.damaged")
                say(f"{path}: damaged ({next(filter(None, faults))}): put aside as {aside.name}")
                if self._processes.first:
                    path.replace(aside)
                continue
            progress = Progress(**state["progress"])
            if progress.fingerprint != fingerprint:
                raise UsageError(
                    f"{self._folder.parent} holds a run with other settings, model or pairs: "
                    "give another --output-dir, or remove it"
                )
            self._load(path, state, model, optimizer)
            say(f"resuming after step {progress.step:,} ({path.name})")
            return progress
        if found:
            say("no good checkpoint is left: starting over")
        return None

    def _load(
        self, path: Path, state: Any, model: nn.Module, optimizer: torch.optim.Optimizer
    ) -> None:
        spread = StateDictOptions(
            full_state_dict=True,
            broadcast_from_rank0=self._processes.count > 1,
            ignore_frozen_params=True,
            strict=False,  # frozen weights are not in it
        )
        try:
            set_model_state_dict(model, state["model"], options=spread)
            set_optimizer_state_dict(model, optimizer, state["optimizer"], options=spread)
            torch.set_rng_state(state["random"])
        except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            # The model has loaded a part of it: an older one cannot be tried any more.
            reason = str(error).strip().splitlines()[0]
            raise SeapoError(f"{path} does not fit this model: remove it ({reason})") from None

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
        good = (
            f"{last.name} is complete and the same command resumes from it" if last else "none yet"
        )
        return f"{self._folder / name}: cannot write: {reason} ({free} MiB free); last good: {good}"


def _whole_state(path: Path) -> tuple[Any, str | None]:
    """What the file holds, and what is wrong with it."""
    try:
        state = read_saved(path)
        Progress(**state["progress"])
        if not all(isinstance(state[name], dict) for name in ("model", "optimizer")):
            return None, "no weights in it"
        if not isinstance(state["random"], torch.Tensor):
            return None, "no state of the random numbers in it"
        if not all_finite(state["model"]) or not all_finite(state["optimizer"]):
            return None, "a weight in it is not a number"
    except (Damaged, LookupError, TypeError) as error:
        return None, str(error)
    return state, None
