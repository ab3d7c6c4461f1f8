"""TRL's preference format with messages, for chat models; both sides are message lists."""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair
from seapo_cli.messages import dump_messages


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: lists of messages, the answers of one each."""
    return [
        {
            "prompt": dump_messages(pair.row.messages),
            "chosen": [answer_message(pair.chosen)],
            "rejected": [answer_message(pair.rejected)],
        }
    ]


FORMAT = Format(rows)
