"""seapo's own format: a good answer with all its worse ones, for `seapo train`."""

from __future__ import annotations

from collections.abc import Sequence

from seapo_cli.calls import ToolAnswer, answer_message
from seapo_cli.formats.base import Data, ScoredPair
from seapo_cli.messages import dump_messages


def group_row(pairs: Sequence[ScoredPair]) -> Data:
    """One row of pairs with one prompt and one good answer.

    `prompt`: a string or messages; `chosen`: a string; `rejected`: strings; `error_type`: of each,
    null where it is not known. An answer that calls tools is a list of one message.
    """
    first = pairs[0]
    prompt = first.row.prompt
    return {
        "prompt": prompt if isinstance(prompt, str) else dump_messages(prompt),
        "chosen": _answer(first.chosen),
        "rejected": [_answer(pair.rejected) for pair in pairs],
        "error_type": [pair.error_type for pair in pairs],
    }


def _answer(text: str) -> str | list[Data]:
    return [answer_message(text)] if isinstance(text, ToolAnswer) else text
