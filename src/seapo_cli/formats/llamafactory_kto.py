"""LLaMA-Factory's format for KTO: whole conversations, good or bad."""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair, labelled_rows, system_and_turns
from seapo_cli.messages import dump_messages


def rows(pair: ScoredPair) -> list[Data]:
    """`messages`: the prompt and an answer; `label`."""
    system, messages = system_and_turns(pair.row)
    opening = [{"role": "system", "content": system}] if system else []
    prompt = opening + dump_messages(messages)
    return labelled_rows(
        pair, lambda text, good: {"messages": [*prompt, answer_message(text)], "label": good}
    )


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
