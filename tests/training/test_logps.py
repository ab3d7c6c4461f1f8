"""Chunked log-probabilities against all logits at once."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from seapo_cli.training import logps


@pytest.mark.parametrize("count", [0, 1, 7, 20])
def test_values_and_gradients(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logps, "CHUNK_BYTES", 4 * 50 * 6)  # six rows a chunk
    torch.manual_seed(0)
    hidden = torch.randn(count, 8, requires_grad=True)
    weight = torch.randn(50, 8, requires_grad=True)
    targets = torch.randint(50, (count,))
    scale = torch.randn(count)
    found = logps.token_logps(hidden, logps.Head(weight), targets)
    (found * scale).sum().backward()
    slopes = hidden.grad.clone(), weight.grad.clone()
    hidden.grad = weight.grad = None
    plain = (hidden @ weight.T).log_softmax(-1).gather(-1, targets[:, None]).squeeze(-1)
    (plain * scale).sum().backward()
    assert torch.allclose(found, plain, atol=1e-5)
    assert torch.allclose(slopes[0], hidden.grad, atol=1e-5)
    assert torch.allclose(slopes[1], weight.grad, atol=1e-5)


def test_frozen_output_embedding() -> None:
    hidden, weight = torch.randn(3, 8, requires_grad=True), torch.randn(50, 8)
    logps.token_logps(hidden, logps.Head(weight), torch.tensor([1, 2, 3])).sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


def test_bf16_weights_give_fp32_sums() -> None:
    hidden, weight = torch.randn(3, 8).bfloat16(), torch.randn(50, 8).bfloat16()
    assert logps.token_logps(hidden, logps.Head(weight), torch.tensor([1, 2, 3])).dtype is torch.float32
