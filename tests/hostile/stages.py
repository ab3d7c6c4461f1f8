"""The commands under attack: rows that each takes, and how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BAD = "BEWARE"
"""Stands in the prompts of the rows that meet a fault."""


@dataclass(frozen=True)
class Stage:
    """A command that asks a model."""

    name: str
    arguments: tuple[str, ...]
    """Without files."""

    def rows(self, count: int, bad: Sequence[int] = (), start: int = 0) -> list[dict[str, Any]]:
        """Rows, of which some meet the fault."""
        found = []
        for n in range(start, start + count):
            mark = f" {BAD}" if n in bad else ""
            row = {
                "id": f"row-{n}",
                "prompt": f"How many apples has row number {n:03}?{mark}",
                "response": f"Row number {1000 + n} has {n + 2} apples.",
                "negative": f"Row number {1000 + n} has {n + 5} apples.",
                "error": {"type": "factual", "mode": "edit", "edits": []},
            }
            found.append(row)
            if self.name == "pair":  # the judge compares answers to one prompt
                other = f"There are {n + 2} apples in row number {1000 + n}."
                found.append(row | {"id": f"row-{n}-b", "response": other})
        return found

    def run(self, *more: str) -> tuple[str, ...]:
        """The arguments of a run from in.jsonl to out.jsonl."""
        files = ("in.jsonl", "-o", "out.jsonl", "--summary", "summary.json")
        return (*self.arguments, *files, *more)


ASKING = (
    Stage("sample", ("sample", "--temperature", "0.7", "--logprobs")),
    Stage("inject", ("inject", "-t", "factual")),
    Stage("rewrite", ("inject", "-t", "factual", "--mode", "rewrite")),
    Stage("judge", ("filter", "--check", "judge")),
    Stage("plausibility", ("filter", "--check", "plausibility")),
    Stage("pair", ("pair", "--positive", "judge", "--format", "trl", "--provenance")),
)
