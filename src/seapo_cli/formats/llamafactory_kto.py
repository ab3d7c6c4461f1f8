"""LLaMA-Factory's format for KTO: whole conversations, good or bad."""

from __future__ import annotations

from seapo_cli.formats.base import (
    Data,
    Format,
    Pair,
    answer,
    singly,
    system_and_turns,
    turns,
)


def rows(pair: Pair) -> list[Data]:
    """`messages`: the prompt and an answer; `label`."""
    system, messages = system_and_turns(pair.row)
    opening = [{"role": "system", "content": system}] if system else []
    prompt = opening + turns(messages)
    return singly(pair, lambda text, good: {"messages": [*prompt, answer(text)], "label": good})


FORMAT = Format(
    rows,
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
