"""TRL's unpaired format for KTO with messages."""

from __future__ import annotations

from seapo_cli.calls import answer_message
from seapo_cli.formats.base import Data, Format, ScoredPair, labelled_rows
from seapo_cli.messages import dump_messages


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `completion`: lists of messages; `label`."""
    prompt = dump_messages(pair.row.messages)
    return labelled_rows(
        pair,
        lambda text, good: {"prompt": prompt, "completion": [answer_message(text)], "label": good},
    )


FORMAT = Format(rows, unpaired=True)
