"""axolotl's format for `type: chat_template.default`."""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair
from seapo_cli.messages import dump_messages


def rows(pair: ScoredPair) -> list[Data]:
    """`messages`: the prompt; `chosen`, `rejected`: one message each."""
    return [
        {
            "messages": dump_messages(pair.row.messages),
            "chosen": answer_message(pair.chosen),
            "rejected": answer_message(pair.rejected),
        }
    ]


FORMAT = Format(rows)
