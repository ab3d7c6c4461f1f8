"""Prompts kept for evaluation."""

from __future__ import annotations

from seapo_cli.options import PairSettings
from seapo_cli.pairing.candidates import Group, draw
from seapo_cli.pairing.words import prompt_words


def for_evaluation(group: Group, settings: PairSettings) -> bool:
    """Whether a prompt is one of the share kept for evaluation.

    By a hash of its words: it stays on its side when other prompts come or go, and one that
    differs in case or spacing only is on the same side.
    """
    if not settings.eval_split:
        return False
    asked = " ".join(prompt_words(group.candidates[0].row))
    return draw(settings.seed, "split", asked) < (settings.eval_split - 0.5) * 2**64
