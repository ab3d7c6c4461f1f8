"""Losses with settings that they need, and what one step of them gives."""

from __future__ import annotations

from typing import Any

import torch

from seapo_cli.options import LossSettings

LOSSES = {
    "sigmoid": {},
    "cdpo": {"label_smoothing": 0.1},
    "robust": {"label_smoothing": 0.1},
    "hinge": {},
    "ipo": {},
    "simpo": {"beta": 2.0},
    "orpo": {},
    "kto": {},
    "sigmoid with dpop": {"dpop": 5.0},
    "ipo with dpop": {"dpop": 5.0},
    "sigmoid with sft": {"sft": 1.0},
    "hinge with both": {"dpop": 5.0, "sft": 1.0},
}


def loss_settings(name: str) -> LossSettings:
    return LossSettings(loss=name.split()[0], **LOSSES[name])


def gradient(work: Any, accumulate: int = 1) -> tuple[float, torch.Tensor]:
    """Loss and gradient of one step over all rows."""
    work.scorer.zero_grad()
    rows = work.train(range(len(work.examples)), accumulate)
    parts = [p.grad.flatten() for p in work.scorer.parameters() if p.grad is not None]
    weight = sum(row.weight for row in rows)
    return sum(row.loss * row.weight for row in rows) / weight, torch.cat(parts)
