"""A step of the optimizer, and the gradient's clipping."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from seapo_cli.training.optimizer import take_step


@pytest.mark.parametrize(
    ("bound", "way"),
    [(5.5, [3.0, 4.0]), (1.0, [0.6, 0.8])],
    ids=["under the bound", "over it"],
)
def test_long_gradients_are_shortened(bound: float, way: list[float]) -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    begun = model.weight.detach().clone()
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    assert take_step(model, optimizer, 0.5, bound) == pytest.approx(5.0)
    assert (begun - model.weight.detach()).flatten().tolist() == pytest.approx(
        [0.5 * one for one in way], rel=1e-5
    )
    assert model.weight.grad is None


def test_a_broken_gradient_takes_no_step() -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    begun = model.weight.detach().clone()
    model.weight.grad = torch.tensor([[float("nan"), 1.0]])
    take_step(model, torch.optim.SGD(model.parameters(), lr=0.0), 0.5, 1.0)
    assert torch.equal(model.weight.detach(), begun)
