"""axolotl's format for `type: chat_template.default`."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, Pair, answer, turns


def rows(pair: Pair) -> list[Data]:
    """`messages`: the prompt; `chosen`, `rejected`: one message each."""
    return [
        {
            "messages": turns(pair.row.messages),
            "chosen": answer(pair.chosen),
            "rejected": answer(pair.rejected),
        }
    ]


FORMAT = Format(rows)
