"""The columns of UltraFeedback-binarized (alignment-handbook and others)."""

from __future__ import annotations

import hashlib

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair
from seapo_cli.messages import dump_messages


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`: the last request; `prompt_id`: its SHA-256; `chosen`, `rejected`, `messages`:
    whole conversations, the last one the same as `chosen`; `score_chosen`, `score_rejected`:
    floats, null where nobody gave any.
    """
    messages = pair.row.messages
    prompt = messages[-1].content
    chosen = [*dump_messages(messages), answer_message(pair.chosen)]
    return [
        {
            "prompt": prompt,
            "prompt_id": hashlib.sha256(prompt.encode()).hexdigest(),
            "chosen": chosen,
            "rejected": [*dump_messages(messages), answer_message(pair.rejected)],
            "messages": chosen,
            "score_chosen": pair.score_chosen,
            "score_rejected": pair.score_rejected,
        }
    ]


FORMAT = Format(rows, scores="columns")
