"""Log-probabilities of given tokens without ever holding all logits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

CHUNK_BYTES = 64 << 20
"""Logits held at a time, in fp32."""


def token_logps(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Log-probabilities of `targets`, in fp32.

    Shapes: hidden [N, D], weight [V, D] (the output embedding), targets [N]; result [N].
    Backward computes the logits a second time, chunk by chunk, instead of keeping them.
    """
    found: torch.Tensor = _TokenLogps.apply(hidden, weight, targets)  # type: ignore[no-untyped-call]
    return found


class _TokenLogps(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor
    ) -> torch.Tensor:
        logps = torch.empty(len(targets), dtype=torch.float32, device=hidden.device)
        norms = torch.empty_like(logps)
        for at in _chunks(len(targets), len(weight)):
            logits = _logits(hidden[at], weight)
            norms[at] = logits.logsumexp(-1)
            logps[at] = logits.gather(-1, targets[at, None]).squeeze(-1) - norms[at]
        context.save_for_backward(hidden, weight, targets, norms)
        return logps

    @staticmethod
    def backward(
        context: Any, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, None]:
        (gradient,) = gradients
        hidden, weight, targets, norms = context.saved_tensors
        for_hidden = torch.empty_like(hidden) if context.needs_input_grad[0] else None
        for_weight = torch.zeros_like(weight) if context.needs_input_grad[1] else None
        for at in _chunks(len(targets), len(weight)):
            # d logp / d logits = one-hot(target) - softmax(logits), in place of the logits.
            slope = _logits(hidden[at], weight).sub_(norms[at, None]).exp_()
            slope.mul_(-gradient[at, None])
            slope.scatter_add_(-1, targets[at, None], gradient[at, None])
            slope = slope.to(weight.dtype)
            if for_hidden is not None:
                for_hidden[at] = (slope @ weight).to(hidden.dtype)
            if for_weight is not None:
                for_weight.addmm_(slope.T, hidden[at].to(weight.dtype))
        return for_hidden, for_weight, None


def _logits(hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Computed in the weights' precision, which autocast would lower; fp32 from there on."""
    with torch.autocast(hidden.device.type, enabled=False):
        return (hidden.to(weight.dtype) @ weight.T).float()


def _chunks(count: int, vocabulary: int) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // (4 * vocabulary))
    for start in range(0, count, size):
        yield slice(start, start + size)
