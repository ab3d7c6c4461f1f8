"""Chunked log-probabilities against all logits at once."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from rounding import UNIT
from seapo_cli.training import logps

VOCABULARY, WIDTH = 50, 8
HEADS = {
    "plain": {},
    "bias": {"bias": torch.linspace(-1, 1, VOCABULARY)},
    "scale": {"scale": 0.25},
    "cap": {"cap": 3.0},
    "all": {"bias": torch.linspace(-1, 1, VOCABULARY), "scale": 2.0, "cap": 5.0},
}


def plain(hidden: torch.Tensor, head: logps.Head, targets: torch.Tensor) -> torch.Tensor:
    """All logits at once, gradients by autograd."""
    logits = hidden @ head.weight.T
    logits = head.scale * (logits if head.bias is None else logits + head.bias)
    logits = logits if head.cap is None else head.cap * (logits / head.cap).tanh()
    return logits.log_softmax(-1).gather(-1, targets[:, None]).squeeze(-1)


def near(one: torch.Tensor, other: torch.Tensor, terms: torch.Tensor | float) -> bool:
    """Equal but for rounding: n * u * sum|terms|, n being the vocabulary."""
    return bool(((one - other).abs() <= VOCABULARY * UNIT * terms).all())


@pytest.mark.parametrize("kept", [0, logps.KEPT_BYTES], ids=["computed twice", "kept"])
@pytest.mark.parametrize("count", [0, 1, 7, 20])
@pytest.mark.parametrize("kind", HEADS)
def test_values_and_gradients(
    kind: str, count: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logps, "KEPT_BYTES", kept)
    monkeypatch.setattr(logps, "CHUNK_BYTES", 4 * VOCABULARY * 6)  # six rows a chunk
    torch.manual_seed(0)
    hidden = torch.randn(count, WIDTH, requires_grad=True)
    weight = torch.randn(VOCABULARY, WIDTH, requires_grad=True)
    values = {name: one.clone() if name == "bias" else one for name, one in HEADS[kind].items()}
    head = logps.Head(weight, **values)
    leaves = [hidden, weight]
    if head.bias is not None:
        leaves.append(head.bias.requires_grad_())
    targets = torch.randint(VOCABULARY, (count,))
    scale = torch.randn(count)
    found, expected = (f(hidden, head, targets) for f in (logps.token_logps, plain))
    sizes = (hidden.detach().abs() @ weight.detach().abs().T).flatten()
    largest = 2 * max(sizes.tolist(), default=0.0) + 2
    assert near(found, expected, largest)
    slopes = torch.autograd.grad((found * scale).sum(), leaves)
    # A softmax's share is off by its logits' error, times what multiplies it in the product.
    size = max(1.0, head.scale) * largest * float(scale.abs().sum())
    size *= max(1.0, *(float(leaf.detach().abs().max()) for leaf in leaves if leaf.numel()))
    for one, other in zip(
        slopes, torch.autograd.grad((expected * scale).sum(), leaves), strict=True
    ):
        assert near(one, other, size)


def test_bf16_is_off_by_the_rounding_of_its_factors() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(200, 64, requires_grad=True)
    weight = torch.randn(500, 64, requires_grad=True)
    targets = torch.randint(500, (200,))
    found, exact = (
        logps.token_logps(hidden, logps.Head(weight), targets, bf16) for bf16 in (True, False)
    )
    # Two factors, each off by 2^-9 of its size; a softmax's norm is off by no more than its logits.
    bound = 2 * 2 * 2.0**-9 * (hidden.detach().abs() @ weight.detach().abs().T).amax()
    assert 0 < (found - exact).abs().max() <= bound
    one, other = (torch.autograd.grad(each.sum(), (hidden, weight)) for each in (found, exact))
    for slope, right in zip(one, other, strict=True):
        assert slope.dtype is torch.float32
        assert (slope - right).norm() <= 0.02 * right.norm()
    assert torch.get_float32_matmul_precision() == "highest"


def test_frozen_output_embedding() -> None:
    hidden, weight = torch.randn(3, 8, requires_grad=True), torch.randn(50, 8)
    logps.token_logps(hidden, logps.Head(weight), torch.tensor([1, 2, 3])).sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


def test_bf16_weights_give_fp32_sums() -> None:
    hidden, weight = torch.randn(3, 8).bfloat16(), torch.randn(50, 8).bfloat16()
    assert (
        logps.token_logps(hidden, logps.Head(weight), torch.tensor([1, 2, 3])).dtype
        is torch.float32
    )


def test_logits_are_kept_once_only() -> None:
    """A second backward pass through the same values finds them used up."""
    torch.manual_seed(0)
    hidden = torch.randn(7, WIDTH, requires_grad=True)
    head = logps.Head(torch.randn(VOCABULARY, WIDTH))
    total = logps.token_logps(hidden, head, torch.arange(7)).sum()
    first, second = (
        torch.autograd.grad(total, hidden, retain_graph=retained)[0] for retained in (True, False)
    )
    assert near(first, second, 2 * float(first.abs().max()) + 2)
