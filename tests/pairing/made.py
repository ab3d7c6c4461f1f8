"""Rows to make pairs of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TYPES = ("factual", "logical", "hallucination")

Data = dict[str, Any]


def typed(
    prompt: int, types: Sequence[str] = TYPES, answer: str = "good", **more: Any
) -> list[Data]:
    """Rows as `inject` writes them: one negative of each type."""
    return [
        {
            "id": f"row-{prompt}",
            "prompt": f"What is number {prompt:03}?",
            "response": f"{answer} answer to {prompt:03}",
            "negative": f"{kind} mistake in the {answer} answer to {prompt:03}",
            "error": {"type": kind, "mode": "edit", "edits": []},
            **more,
        }
        for kind in types
    ]


def many(count: int, types: Sequence[str] = TYPES) -> list[Data]:
    return [row for prompt in range(count) for row in typed(prompt, types)]


def answers(prompt: int, scores: Sequence[float]) -> list[Data]:
    """Rows as `sample -n` writes them, with scores."""
    return [
        {"prompt": f"What is {prompt}?", "response": f"answer {score}", "score": score}
        for score in scores
    ]
