"""TRL's unpaired format for KTO with messages."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, Pair, answer, singly, turns


def rows(pair: Pair) -> list[Data]:
    """`prompt`, `completion`: lists of messages; `label`."""
    prompt = turns(pair.row.messages)
    return singly(
        pair, lambda text, good: {"prompt": prompt, "completion": [answer(text)], "label": good}
    )


FORMAT = Format(rows, unpaired=True)
