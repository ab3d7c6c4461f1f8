"""LLaMA-Factory's formats: alpaca and ShareGPT for ranking, and whole conversations for KTO."""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair, labelled_rows, system_and_turns
from seapo_cli.messages import dump_messages

_SPEAKERS = {"user": "human", "assistant": "gpt"}


def alpaca_rows(pair: ScoredPair) -> list[Data]:
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


ALPACA = Format(
    alpaca_rows,
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


def sharegpt_rows(pair: ScoredPair) -> list[Data]:
    """`conversations`: objects `from`, `value`; `chosen`, `rejected`: one such object each."""
    system, turns = system_and_turns(pair.row)
    opening = [{"from": "system", "value": system}] if system else []
    spoken = [{"from": _SPEAKERS[turn.role], "value": turn.content} for turn in turns]
    return [
        {
            "conversations": opening + spoken,
            "chosen": {"from": "gpt", "value": pair.chosen},
            "rejected": {"from": "gpt", "value": pair.rejected},
        }
    ]


SHAREGPT = Format(
    sharegpt_rows,
    check=system_and_turns,
    dataset_info={
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    },
)


def kto_rows(pair: ScoredPair) -> list[Data]:
    """`messages`: the prompt and an answer; `label`."""
    system, messages = system_and_turns(pair.row)
    opening = [{"role": "system", "content": system}] if system else []
    prompt = opening + dump_messages(messages)
    return labelled_rows(
        pair, lambda text, good: {"messages": [*prompt, answer_message(text)], "label": good}
    )


KTO = Format(
    kto_rows,
    check=system_and_turns,
    unpaired=True,
    dataset_info={
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "kto_tag": "label"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    },
)
