"""TRL's preference format with plain strings, for base models: no chat template is applied.

The prompt is always there: without one, TRL takes the longest common beginning of both answers
for the prompt, which on pairs with a small mistake is most of the answer.
"""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, ScoredPair, prompt_text


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: strings."""
    return [{"prompt": prompt_text(pair.row), "chosen": pair.chosen, "rejected": pair.rejected}]


FORMAT = Format(rows, check=prompt_text)
