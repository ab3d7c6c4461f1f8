"""LLaMA-Factory's ShareGPT format for ranking."""

from __future__ import annotations

from collections.abc import Sequence

from seapo_cli.formats.base import Data, Format, ScoredPair, system_and_turns
from seapo_cli.messages import Message

_SPEAKERS = {"user": "human", "assistant": "gpt"}


def rows(pair: ScoredPair) -> list[Data]:
    """`conversations`: objects `from`, `value`; `chosen`, `rejected`: one such object each."""
    system, turns = system_and_turns(pair.row)
    opening = [{"from": "system", "value": system}] if system else []
    return [
        {
            "conversations": opening + _spoken(turns),
            "chosen": {"from": "gpt", "value": pair.chosen},
            "rejected": {"from": "gpt", "value": pair.rejected},
        }
    ]


def _spoken(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"from": _SPEAKERS[m.role], "value": m.content} for m in messages]


FORMAT = Format(
    rows,
    check=system_and_turns,
    dataset_info={
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    },
)
