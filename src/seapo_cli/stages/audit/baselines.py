"""What a single simple rule finds: length, where text was added, a word, a punctuation mark.

A rule predicts that the side with more of something is the chosen one, or the rejected one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from seapo_cli.stages.audit.classify import LEAST_PROMPTS, folds
from seapo_cli.stages.audit.features import FORM, PLACES, Features
from seapo_cli.statistics import Array, Share, share

_LENGTHS = 2
"""How many entries of FORM are lengths; the others concern the format."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The best rule of a family, selected on prompts other than those it is tested on."""

    accuracy: Share
    rule: str
    """The feature: the side that has more of it is ..."""
    side: str
    """... chosen or rejected, according to the rule fitted on the whole set."""

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.accuracy.dump(), "more_of": self.rule, "means": self.side}


def baselines(found: Features, seed: int = 0) -> dict[str, Baseline]:
    """By family; none with few prompts."""
    if len(np.unique(found.prompts)) < LEAST_PROMPTS:
        return {}
    names = list(FORM)
    single = found.single_words
    form = np.sign(found.form)
    families = {
        "length": (sparse.csr_matrix(form[:, :_LENGTHS]), names[:_LENGTHS]),
        "position": (sparse.csr_matrix(found.inserted), [f"text at the {p}" for p in PLACES]),
        "word": (found.words[:, single].sign(), list(found.tokens[single])),
        "format": (sparse.csr_matrix(form[:, _LENGTHS:]), names[_LENGTHS:]),
    }
    return {
        name: _best_rule(signs, rules, found.prompts, seed)
        for name, (signs, rules) in families.items()
        if signs.shape[1]
    }


def _best_rule(signs: Any, rules: list[str], prompts: Array, seed: int) -> Baseline:
    """Cross-validated. `signs`: (pairs, rules) 1 where chosen has more, -1 where rejected has."""
    signs = signs.tocsc().astype(np.int64)
    total = np.asarray(signs.sum(axis=0)).ravel()
    outcomes = np.full(len(prompts), 0.5)
    for _, test in folds(prompts, seed):
        sums = total - np.asarray(signs[test].sum(axis=0)).ravel()
        best = int(np.argmax(np.abs(sums)))
        signed = signs[test, best].toarray().ravel() * np.sign(sums[best])
        outcomes[test] = (signed + 1) / 2
    best = int(np.argmax(np.abs(total)))
    side = "chosen" if total[best] > 0 else "rejected"
    return Baseline(share(outcomes, prompts), rules[best], side)
