"""TRL's unpaired format for KTO with plain strings: single answers, good or bad."""

from __future__ import annotations

from seapo_cli.formats.base import Data, Format, ScoredPair, labelled_rows, prompt_text


def rows(pair: ScoredPair) -> list[Data]:
    """`prompt`, `completion`: strings; `label`."""
    prompt = prompt_text(pair.row)
    return labelled_rows(
        pair, lambda text, good: {"prompt": prompt, "completion": text, "label": good}
    )


FORMAT = Format(rows, check=prompt_text, unpaired=True)
