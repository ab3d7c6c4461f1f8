"""AdamW and the learning rate over time."""

from __future__ import annotations

import math

import torch
from torch import nn

from seapo_cli.options import TrainSettings


def build_optimizer(model: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    """AdamW over all weights that are trained."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.AdamW(
        trained, lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )


def learning_rate(step: int, total: int, settings: TrainSettings) -> float:
    """The rate after `step` finished steps: linear warm-up, then decay by `schedule`."""
    rising = math.ceil(settings.warmup * total)
    if step < rising:
        return settings.learning_rate * (step + 1) / rising
    done = (step - rising) / max(1, total - rising)
    falling = {
        "cosine": 0.5 * (1 + math.cos(math.pi * done)),
        "linear": 1 - done,
        "constant": 1.0,
    }
    return settings.learning_rate * falling[settings.schedule]


def take_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, rate: float, max_norm: float
) -> float:
    """Clip the gradient, step, clear it; returns its norm before clipping.

    A norm that is not finite takes no step: the weights stay as they were.
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    norm = nn.utils.get_total_norm([weight.grad for weight in trained if weight.grad is not None])
    size = float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
    if math.isfinite(size):
        if size > max_norm:  # otherwise every gradient would be multiplied by 1
            nn.utils.clip_grads_with_norm_(trained, max_norm, norm)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return size
