"""TRL's preference format with messages, for chat models; both sides are message lists."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, Pair, answer, turns


def rows(pair: Pair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: lists of messages, the answers of one each."""
    return [
        {
            "prompt": turns(pair.row.messages),
            "chosen": [answer(pair.chosen)],
            "rejected": [answer(pair.rejected)],
        }
    ]


FORMAT = Format(rows)
