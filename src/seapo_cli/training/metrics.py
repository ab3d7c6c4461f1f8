"""What a step or an evaluation reports: means over its rows, also by error type."""

from __future__ import annotations

import math
import resource
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from seapo_cli.options import LossSettings
from seapo_cli.training.losses import LOSSES, Scores

_WINDOW = 10
"""Steps that are averaged."""
_FALL = 1.0
"""Nats that chosen may lose, on average, before a warning is due."""

Metrics = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowMetrics:
    """One row's figures; NaN where it lacks that side."""

    row: int
    weight: float
    loss: float
    logps_chosen: float
    logps_rejected: float
    rewards_chosen: float
    rewards_rejected: float
    drift: float
    """Change of chosen's log-probability against the reference; NaN without one."""


def row_metrics(
    rows: Sequence[int],
    weights: torch.Tensor,
    losses: torch.Tensor,
    scores: Scores,
    settings: LossSettings,
) -> list[RowMetrics]:
    """Figures of scored rows.

    A reward is beta times the log-ratio to the reference; for losses without a reference, beta
    times the log-probability per token. All tokens count alike.
    """
    scores = scores.unweighted
    has = (scores.chosen_tokens > 0, scores.rejected_tokens > 0)
    logps = (scores.policy.whole_chosen, scores.policy.whole_rejected)
    if LOSSES[settings.loss].reference:
        rewards = (scores.chosen_logratio, scores.rejected_logratio)
        drift = scores.chosen_logratio
    else:
        rewards = (logps[0] / scores.chosen_tokens, logps[1] / scores.rejected_tokens)
        drift = torch.full_like(logps[0], math.nan)
    columns = [
        weights,
        losses,
        *(one.masked_fill(~side, math.nan) for one, side in zip(logps, has, strict=True)),
        *(
            settings.beta * one.masked_fill(~side, math.nan)
            for one, side in zip(rewards, has, strict=True)
        ),
        drift.masked_fill(~has[0], math.nan),
    ]
    values = torch.stack([column.detach().float().cpu() for column in columns], dim=1).tolist()
    return [RowMetrics(row, *line) for row, line in zip(rows, values, strict=True)]


def summarize(rows: Iterable[RowMetrics], error_types: Sequence[str | None]) -> Metrics:
    """Means over all rows, then under `by_error_type` over those of each type."""
    rows = sorted(rows, key=lambda row: row.row)
    by_type: dict[str, list[RowMetrics]] = {}
    for row in rows:
        if (name := error_types[row.row]) is not None:
            by_type.setdefault(name, []).append(row)
    found = _means(rows)
    if by_type:
        found["by_error_type"] = {
            name: {"rows": len(group), **_means(group)} for name, group in sorted(by_type.items())
        }
    return found


def _means(rows: Sequence[RowMetrics]) -> Metrics:
    weight = sum(row.weight for row in rows)
    margins = [row.rewards_chosen - row.rewards_rejected for row in rows]
    means = {
        "rewards/chosen": _mean(row.rewards_chosen for row in rows),
        "rewards/rejected": _mean(row.rewards_rejected for row in rows),
        "rewards/margins": _mean(margins),
        "rewards/accuracies": _mean(
            math.nan if math.isnan(margin) else float(margin > 0) for margin in margins
        ),
        "logps/chosen": _mean(row.logps_chosen for row in rows),
        "logps/rejected": _mean(row.logps_rejected for row in rows),
    }
    loss = sum(row.loss * row.weight for row in rows) / weight
    return {"loss": loss, **{name: mean for name, mean in means.items() if mean is not None}}


def _mean(values: Iterable[float]) -> float | None:
    """Mean of the known values; None if there are none, such as margins of single answers."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else None


def peak_memory_mb() -> float:
    """Peak memory so far: of the accelerator if there is one, else of the process."""
    if torch.cuda.is_available():
        held: int = torch.cuda.max_memory_allocated()
        return held / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


class FallingChosen:
    """Watches for chosen getting less likely while its lead over rejected grows."""

    def __init__(self, settings: LossSettings) -> None:
        self._settings = settings
        self._start: tuple[float, float] | None = None
        self._last: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._drifts: deque[dict[int, float]] = deque(maxlen=_WINDOW)
        self._warned = False

    def see(self, rows: Sequence[RowMetrics], metrics: Mapping[str, Any]) -> str | None:
        """Add a step; returns the warning, the first time that it is due.

        What chosen had at the start is known from the reference; without one, from the first steps.
        """
        margin, drift = metrics.get("rewards/margins"), _mean(row.drift for row in rows)
        if self._warned or margin is None:
            return None
        self._drifts.append({row.row: row.drift for row in rows})
        self._last.append((metrics["logps/chosen"] if drift is None else drift, margin))
        if len(self._last) < _WINDOW:
            return None
        level, lead = (sum(column) / _WINDOW for column in zip(*self._last, strict=True))
        if self._start is None:
            self._start = (level, lead) if drift is None else (0.0, 0.0)
        fall = self._start[0] - level
        if fall < _FALL or lead <= self._start[1]:
            return None
        self._warned = True
        return (
            f"chosen answers are getting less likely (logps/chosen fell by {fall:.1f}) while their "
            f"margin grows: {self._remedy()}"
        )

    def fallen(self) -> dict[int, float]:
        """Rows of the last steps whose chosen fell, and by how many nats, most first.

        None where the loss has no reference: what chosen had before is not known.
        """
        falls = {row: -drift for step in self._drifts for row, drift in step.items()}
        most_first = sorted(falls.items(), key=lambda one: -one[1])
        return {row: fall for row, fall in most_first if fall > _FALL}

    def _remedy(self) -> str:
        if LOSSES[self._settings.loss].reference and self._settings.loss != "kto":
            return "add --dpop 5 or --sft 1, or use a lower --learning-rate"
        return "use a lower --learning-rate, or --loss sigmoid with --dpop 5 or --sft 1"
