"""AdamW and the learning rate over time."""

from __future__ import annotations

import math
from importlib.util import find_spec

import torch
from torch import nn

from seapo_cli.exceptions import UsageError
from seapo_cli.options import TrainSettings

STATE_BYTES = {"adamw": 8.0, "adamw8bit": 2.04}
"""Of both moments, for each weight; those of 8 bits have a factor for each 256 weights."""
_SMALLEST_8_BIT = 4096
"""bitsandbytes keeps moments of weights with fewer elements in fp32."""


def build_optimizer(model: nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    """AdamW over all weights that are trained."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "adamw8bit":
        return _eight_bit(trained, rate, decay)
    return torch.optim.AdamW(trained, lr=rate, weight_decay=decay, fused=True)


def check_optimizer(settings: TrainSettings, device: torch.device) -> None:
    """Refuse an optimizer that cannot be had, before anything is loaded.

    Raises:
        UsageError: bitsandbytes is not installed, or does not run on this device.
    """
    if settings.optimizer != "adamw8bit":
        return
    if find_spec("bitsandbytes") is None:
        raise UsageError("--optimizer adamw8bit needs bitsandbytes: pip install bitsandbytes")
    weight = nn.Parameter(torch.zeros(_SMALLEST_8_BIT, device=device))
    weight.grad = torch.ones_like(weight)
    try:
        _eight_bit([weight], lr=1.0, weight_decay=0.0).step()
    except Exception as error:  # whatever a library or kernel that is missing raises
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"--optimizer adamw8bit does not run on this machine: {reason}") from None
    if not weight.any():
        raise UsageError("--optimizer adamw8bit does not run on this machine: it takes no step")


def _eight_bit(
    weights: list[nn.Parameter], lr: float, weight_decay: float
) -> torch.optim.Optimizer:
    from bitsandbytes.optim.adamw import AdamW8bit

    made: torch.optim.Optimizer = AdamW8bit(weights, lr=lr, weight_decay=weight_decay)
    return made


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
