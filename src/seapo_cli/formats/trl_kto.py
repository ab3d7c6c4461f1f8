"""TRL's unpaired format for KTO with plain strings: single answers, good or bad."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, Pair, plain, singly


def rows(pair: Pair) -> list[Data]:
    """`prompt`, `completion`: strings; `label`."""
    prompt = plain(pair.row)
    return singly(pair, lambda text, good: {"prompt": prompt, "completion": text, "label": good})


FORMAT = Format(rows, check=plain, unpaired=True)
