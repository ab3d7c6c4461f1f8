"""Experiment trackers, by `--report-to`: each is one class and one line in `TRACKERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from seapo_cli.exceptions import UsageError
from seapo_cli.options import TrainSettings


class Tracker(Protocol):
    """A destination for figures besides stdout."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Log the figures of one step."""

    def close(self) -> None:
        """Finish."""


class TensorBoard:
    """Event files in the output folder, under `tensorboard/`."""

    def __init__(self, settings: TrainSettings) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(settings.output_dir / "tensorboard"))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class Run:
    """A run of a library with wandb's interface: Weights & Biases, trackio."""

    def __init__(self, library: Any, settings: TrainSettings) -> None:
        self._library = library
        config = settings.dump()
        library.init(project="seapo", name=Path(settings.output_dir).name, config=config)

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._library.log(dict(figures), step=step)

    def close(self) -> None:
        self._library.finish()


def _wandb(settings: TrainSettings) -> Tracker:
    import wandb

    return Run(wandb, settings)


def _trackio(settings: TrainSettings) -> Tracker:
    import trackio

    return Run(trackio, settings)


TRACKERS: dict[str, Callable[[TrainSettings], Tracker]] = {
    "tensorboard": TensorBoard,
    "wandb": _wandb,
    "trackio": _trackio,
}


def open_trackers(settings: TrainSettings) -> list[Tracker]:
    """The trackers that the settings name.

    Raises:
        UsageError: one is not installed.
    """
    found = []
    for name in settings.report_to:
        try:
            found.append(TRACKERS[name](settings))
        except ImportError:
            raise UsageError(f"--report-to {name}: not installed; pip install {name}") from None
    return found


def flat(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Nested metrics as one level: `by_error_type/factual/loss`."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}/")
        elif isinstance(value, int | float):
            found[f"{prefix}{name}"] = value
    return found
