"""The self-check before training: does this model give the same values on the fast path?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from seapo_cli.training.scorer import Path, Scorer
from seapo_cli.training.tokens import Example

Score = Callable[[Sequence[int], Sequence[Example], bool], torch.Tensor]

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.1}
"""Nats per token. A branch that sees the other one is off by far more: it can copy."""


def choose_path(
    scorer: Scorer, score: Score, examples: Sequence[Example], device: torch.device
) -> list[str]:
    """Set the fastest path whose values equal the plain computation's; says what was passed over.

    Compared on the first pair with two branches and the next such beside it; `score` is the
    scorer as the processes share it.
    """
    told: list[str] = []
    rows = _two_pairs(examples)
    scorer.take("plain")
    with torch.no_grad():
        expected = score(rows, examples, True)
        for path in _fast_paths(device):
            scorer.take(path)
            reason = _difference(scorer, score, rows, examples, expected)
            if reason is None:
                return told
            told.append(f"attention path {path!r} is not exact for this model: {reason}")
    scorer.take("plain")
    told.append("chosen and rejected are computed as two whole sequences, which takes longer")
    return told


def _fast_paths(device: torch.device) -> tuple[Path, ...]:
    return ("flex", "segments") if device.type == "cuda" else ("segments",)


def _two_pairs(examples: Sequence[Example]) -> list[int]:
    forked = [row for row, example in enumerate(examples) if example.chosen and example.rejected]
    return (forked or list(range(len(examples))))[:2]


def _difference(
    scorer: Scorer,
    score: Score,
    rows: list[int],
    examples: Sequence[Example],
    expected: torch.Tensor,
) -> str | None:
    """Why the path is no good; None if it is."""
    try:
        found = score(rows, examples, True)
    except Exception as error:  # whatever a foreign model or a missing compiler raises
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    dtype = torch.bfloat16 if scorer.bf16 else next(scorer.parameters()).dtype
    tokens = max(examples[row].tokens for row in rows)
    gap = (found - expected).abs().max().item() / tokens
    if gap <= TOLERANCE[dtype]:
        return None
    return f"log-probabilities differ by {gap:.2g} nats per token"
