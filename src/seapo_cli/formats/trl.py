"""TRL's preference format with plain strings, for base models: no chat template is applied.

The prompt is always there: without one, TRL takes the longest common beginning of both answers
for the prompt, which on pairs with a small mistake is most of the answer.
"""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, Pair, plain


def rows(pair: Pair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: strings."""
    return [{"prompt": plain(pair.row), "chosen": pair.chosen, "rejected": pair.rejected}]


FORMAT = Format(rows, check=plain)
