"""Log-probabilities of given tokens without ever holding all logits in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import torch

CHUNK_BYTES = 64 << 20
"""Logits computed at a time, in fp32."""
KEPT_BYTES = 256 << 20
"""Logits of a pass that are kept for backward, in fp32; if there are more, they are recomputed."""


@dataclass(frozen=True, slots=True)
class Head:
    """How a model turns hidden states into logits: `cap(scale * (weight @ hidden + bias))`.

    Anything else a model may do is unknown here; the self-check before training finds it.
    """

    weight: torch.Tensor
    """[V, D] The output embedding."""
    bias: torch.Tensor | None = None
    """[V]"""
    scale: float = 1.0
    cap: float | None = None
    """Logits are squeezed into (-cap, cap) by a tanh."""

    @classmethod
    def of(cls, model: Any) -> Self:
        """The head of a transformers model, from the names in its configuration."""
        layer, config = model.get_output_embeddings(), model.config.get_text_config()
        scale = getattr(config, "logit_scale", None) or 1.0  # Cohere
        scale /= getattr(config, "logits_scaling", None) or 1.0  # Granite
        cap = getattr(config, "final_logit_softcapping", None)  # Gemma
        return cls(layer.weight, getattr(layer, "bias", None), scale, cap)


def token_logps(
    hidden: torch.Tensor, head: Head, targets: torch.Tensor, bf16: bool = False
) -> torch.Tensor:
    """Log-probabilities of `targets`, in fp32.

    Shapes: hidden [N, D], targets [N]; result [N]. With `bf16` the factors of the products with
    the head are rounded to bf16; sums, logits and the softmax are fp32 in any case. Logits of more
    than `KEPT_BYTES` are not kept: backward computes them a second time, chunk by chunk.
    """
    half = bf16 or head.weight.dtype is torch.bfloat16
    keeps = torch.is_grad_enabled() and 4 * len(targets) * len(head.weight) <= KEPT_BYTES
    found: torch.Tensor = _TokenLogps.apply(  # type: ignore[no-untyped-call]
        hidden, head.weight, head.bias, targets, head.scale, head.cap, half, keeps
    )
    return found


class _TokenLogps(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        scale: float,
        cap: float | None,
        half: bool,
        keeps: bool,
    ) -> torch.Tensor:
        logps = torch.empty(len(targets), dtype=torch.float32, device=hidden.device)
        norms = torch.empty_like(logps)
        context.kept = {}
        with _Products(hidden.device, half) as product:
            factor = product.factor(weight)
            for at in _chunks(len(targets), len(weight)):
                logits = product(product.factor(hidden[at]), factor.T)
                _finish(logits, bias, scale, cap)
                norms[at] = logits.logsumexp(-1)
                logps[at] = logits.gather(-1, targets[at, None]).squeeze(-1) - norms[at]
                if keeps:
                    context.kept[at.start] = logits
        context.save_for_backward(hidden, weight, bias, targets, norms)
        context.how = scale, cap, half
        return logps

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gradient,) = gradients
        hidden, weight, bias, targets, norms = context.saved_tensors
        scale, cap, half = context.how
        # Sums over chunks are fp32, whatever the weights are.
        for_hidden, for_weight, for_bias = (
            one.new_zeros(one.shape, dtype=torch.float32) if needed else None
            for one, needed in zip((hidden, weight, bias), context.needs_input_grad, strict=False)
        )
        with _Products(hidden.device, half) as product:
            factor = product.factor(weight)
            for at in _chunks(len(targets), len(weight)):
                states = product.factor(hidden[at])
                logits = context.kept.pop(at.start, None)
                if logits is None:
                    logits = _finish(product(states, factor.T), bias, scale, cap)
                # d tanh: what the cap lets through of a change.
                through = None if cap is None else scale * (1 - (logits / cap).square())
                # d logp / d logits = one-hot(target) - softmax(logits), in place of the logits.
                slope = logits.sub_(norms[at, None]).exp_().mul_(-gradient[at, None])
                slope.scatter_add_(-1, targets[at, None], gradient[at, None])
                slope.mul_(scale if through is None else through)
                if for_bias is not None:
                    for_bias += slope.sum(0)
                slope = product.factor(slope)
                if for_hidden is not None:
                    for_hidden[at] = product(slope, factor)
                if for_weight is not None:
                    product.add(for_weight, slope.T, states)
        found = (for_hidden, for_weight, for_bias)
        given = (hidden, weight, bias)
        typed = (None if f is None else f.to(g.dtype) for f, g in zip(found, given, strict=True))
        return *typed, None, None, None, None, None


def _finish(
    logits: torch.Tensor, bias: torch.Tensor | None, scale: float, cap: float | None
) -> torch.Tensor:
    """Bias, scale and cap, in place."""
    if bias is not None:
        logits += bias
    if scale != 1.0:
        logits *= scale
    if cap is not None:
        logits.div_(cap).tanh_().mul_(cap)
    return logits


class _Products:
    """Products whose factors are bf16 or fp32 and whose result is fp32; autocast is off within."""

    def __init__(self, device: torch.device, half: bool) -> None:
        self._autocast = torch.autocast(device.type, enabled=False)
        self._half = half
        # A CPU has no such product: bf16 values are exact in fp32, and so are their products.
        self._narrow = half and _multiplies_wide(device.type)
        # But a CPU's matrix units (AMX) take fp32 tensors as bf16 factors, where they may.
        self._rounds = half and device.type == "cpu"

    def __enter__(self) -> Self:
        self._autocast.__enter__()
        if self._rounds:
            self._precision = torch.get_float32_matmul_precision()
            torch.set_float32_matmul_precision("medium")
        return self

    def __exit__(self, *error: Any) -> None:
        if self._rounds:
            torch.set_float32_matmul_precision(self._precision)
        self._autocast.__exit__(*error)

    def factor(self, one: torch.Tensor) -> torch.Tensor:
        """Rounded to the precision in which it is multiplied."""
        if not self._half:
            return one.float()
        rounded = one.to(torch.bfloat16)
        return rounded if self._narrow else rounded.float()

    def __call__(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """[n, m] fp32, of [n, k] and [k, m]."""
        if self._narrow:
            return torch.mm(one, other, out_dtype=torch.float32)
        return one @ other

    def add(self, total: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> None:
        """Add a product to a sum."""
        if self._narrow:
            total += torch.mm(one, other, out_dtype=torch.float32)
        else:
            total.addmm_(one, other)


@cache
def _multiplies_wide(device: str) -> bool:
    """Whether bf16 factors give an fp32 product: GPUs do, from torch 2.8 on."""
    one = torch.ones(8, 8, dtype=torch.bfloat16, device=device)
    try:
        return torch.mm(one, one, out_dtype=torch.float32).dtype is torch.float32
    except (RuntimeError, TypeError, NotImplementedError):
        return False


def _chunks(count: int, vocabulary: int) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // (4 * vocabulary))
    for start in range(0, count, size):
        yield slice(start, start + size)
