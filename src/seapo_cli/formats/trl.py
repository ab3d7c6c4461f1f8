"""TRL's formats: pairs, and for KTO single answers with a label; as strings or as messages.

Strings are for base models: no chat template is applied. The prompt is always there: without one,
TRL takes the longest common beginning of both answers for the prompt, which on pairs with a small
mistake is most of the answer.
"""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair, labelled_rows, prompt_text
from seapo_cli.messages import dump_messages


def text_rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: strings."""
    return [{"prompt": prompt_text(pair.row), "chosen": pair.chosen, "rejected": pair.rejected}]


def chat_rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: lists of messages, the answers of one each."""
    return [
        {
            "prompt": dump_messages(pair.row.messages),
            "chosen": [answer_message(pair.chosen)],
            "rejected": [answer_message(pair.rejected)],
        }
    ]


def kto_text_rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `completion`: strings; `label`."""
    prompt = prompt_text(pair.row)
    return labelled_rows(
        pair, lambda text, good: {"prompt": prompt, "completion": text, "label": good}
    )


def kto_chat_rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `completion`: lists of messages; `label`."""
    prompt = dump_messages(pair.row.messages)
    return labelled_rows(
        pair,
        lambda text, good: {"prompt": prompt, "completion": [answer_message(text)], "label": good},
    )


TEXT = Format(text_rows, check=prompt_text, scores="margin")
CHAT = Format(chat_rows, scores="margin")
KTO_TEXT = Format(kto_text_rows, check=prompt_text, unpaired=True)
KTO_CHAT = Format(kto_chat_rows, unpaired=True)
