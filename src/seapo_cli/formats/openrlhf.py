"""OpenRLHF's preference format, for `--prompt_key prompt --apply_chat_template`."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, ScoredPair
from seapo_cli.formats.trl import chat_rows


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `chosen`, `rejected`: lists of messages, which OpenRLHF adds up.

    `margin`, a number, where both answers have a score.
    """
    found = chat_rows(pair)
    if pair.score_chosen is not None and pair.score_rejected is not None:
        found[0]["margin"] = pair.score_chosen - pair.score_rejected
    return found


FORMAT = Format(rows, scores="margin")
