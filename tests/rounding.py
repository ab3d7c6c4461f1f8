"""How far apart two right computations of the same step may be: fp32 rounding, from the numbers.

A sum of n terms is off by at most n * u * sum|terms|, in whatever order it is taken: u = 2^-24,
half the distance between neighbouring fp32 numbers. Which order a machine takes depends on its
vector width, its number of threads and the shapes, and so on the CPU; this bound does not.

- A token's log-probability is a difference of two numbers of the size of the logits, and the
  longest sum on the way to it is the softmax's over the vocabulary, n = 320: each is off by
  n * u * max|logit|. Shorter sums (32 to 64 terms a layer) come before it; real rounding grows with
  sqrt(n) rather than n, and that margin of 18 covers them.
- The loss is off by its slope along each sum of log-probabilities times what that sum is off by.
- The gradient is a sum over the parts of all pairs of slope times the part's own gradient. Each
  passes through about the sums of the forward pass twice more, and the slope has moved with its
  argument: ten times n * u of the sum of *lengths*. The parts of the two answers nearly cancel, so
  the length of the result says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from seapo_cli.training.loss_step import LossStep

UNIT = 2.0**-24
LONGEST_SUM = 320
"""Terms in the softmax's norm: the tiny vocabulary."""

LOGITS = 20.0
"""The tiny model's logits are smaller than this."""
LOGP = LONGEST_SUM * UNIT * LOGITS
"""What one log-probability or logit of the tiny model may be off by."""
FORMULA = 20 * UNIT * 25
"""What a loss may be off by that is computed from given sums: some twenty operations on numbers up
to 25."""
CURVE = {"rel": 1e-3, "abs": 1e-3}
"""For figures of a short training run. AdamW moves by the whole rate where the gradient is mere
noise, so a bound cannot be computed; measured: a gradient off by 1e-4 of its length at every
step (five times n * u) moves losses by up to 6e-5, rewards by 6e-4."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a loss and the norm of a difference of gradients may be off by."""

    loss: float
    gradient: float


def sums_bound(work: LossStep) -> torch.Tensor:
    """[n, 3] What the log-probability of each part may be off by, in nats."""
    model, path = work.scorer.model, work.scorer.path
    work.scorer.take("plain")
    with torch.no_grad():
        texts = [[*e.prompt, *(side or ())] for e in work.examples for side in e.answer]
        sizes = [model(torch.tensor([text])).logits.abs().max() for text in texts]
    work.scorer.take(path)
    tokens = torch.tensor(
        [[len(e.shared), len(e.chosen or ()), len(e.rejected or ())] for e in work.examples]
    )
    return LONGEST_SUM * UNIT * max(sizes) * tokens


def step_bounds(work: LossStep) -> Bounds:
    """Bounds for one step over all rows of the work."""
    rows = range(len(work.examples))
    sums = work.scorer(rows, work.examples, True)
    leaf = sums.detach().requires_grad_()
    kl = work._kl(rows).requires_grad_()
    fixed: Any = replace(work, scorer=lambda *_: leaf)
    losses, _ = fixed._losses(rows, kl)
    weights = work.columns.weight / work.columns.weight.sum()
    slopes, kl_slope = torch.autograd.grad(
        (losses * weights).sum(), (leaf, kl), allow_unused=True, materialize_grads=True
    )
    off = sums_bound(work)
    # KTO's KL term is a mean over answers of one or two parts; the last terms are the loss's own.
    loss = (slopes.abs() * off).sum() + kl_slope.abs() * 2 * off.max()
    loss = loss + 10 * UNIT * ((slopes * work.reference).abs().sum() + losses.abs().max())
    lengths = torch.stack([torch.stack([_length(one, work) for one in row]) for row in sums])
    gradient = 10 * LONGEST_SUM * UNIT * (slopes.abs() * lengths).sum()
    return Bounds(float(loss.detach()), float(gradient))


def _length(value: torch.Tensor, work: LossStep) -> torch.Tensor:
    """Norm of the gradient of one part's log-probability."""
    weights = [w for w in work.scorer.parameters() if w.requires_grad]
    found = torch.autograd.grad(
        value, weights, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.stack([one.norm() for one in found]).norm()
