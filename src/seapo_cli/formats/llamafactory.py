"""LLaMA-Factory's alpaca format for ranking."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, ScoredPair, system_and_turns


def rows(pair: ScoredPair) -> list[Data]:
    """`instruction`, `input`, `chosen`, `rejected`, `system`: strings; `history`: pairs of them.

    The request is all in `instruction`: LLaMA-Factory would join `input` to it with a newline.
    """
    system, turns = system_and_turns(pair.row)
    history = [
        [user.content, reply.content] for user, reply in zip(turns[:-1:2], turns[1::2], strict=True)
    ]
    return [
        {
            "instruction": turns[-1].content,
            "input": "",
            "chosen": pair.chosen,
            "rejected": pair.rejected,
            "system": system,
            "history": history,
        }
    ]


FORMAT = Format(
    rows,
    check=system_and_turns,
    dataset_info={
        "ranking": True,
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "chosen": "chosen",
            "rejected": "rejected",
            "system": "system",
            "history": "history",
        },
    },
)
