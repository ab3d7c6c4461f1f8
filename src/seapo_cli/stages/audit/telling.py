"""The words that occur on one side much more often than chance explains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from seapo_cli.stages.audit.features import Features, frequent

_MOST_NGRAMS = 5000
_PERMUTATIONS = 200
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Word:
    """One or two words (or marks), and in how many pairs each side has more of them."""

    text: str
    chosen: int
    rejected: int
    z: float
    """Chosen minus rejected, in standard deviations under random swaps of prompts' sides."""

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def telling_words(found: Features, seed: int = 0, shown: int = _SHOWN) -> list[Word]:
    """The most telling n-grams, the strongest first.

    Only those stronger than the strongest of all n-grams in 95% of random swaps.
    One that is part of a stronger one, or contains it, is left out.
    """
    columns, _ = frequent(found.words, found.prompts, _MOST_NGRAMS)
    if not len(columns):
        return []
    signs = found.words[:, columns].sign().tocsr()
    prompts, numbers = np.unique(found.prompts, return_inverse=True)
    pairs = len(numbers)
    by_prompt = sparse.csr_matrix((np.ones(pairs), (numbers, np.arange(pairs)))) @ signs
    # If a prompt's pairs cancel out, swapping it changes nothing.
    deviation = np.sqrt(np.asarray(by_prompt.multiply(by_prompt).sum(axis=0)).ravel())
    deviation[deviation == 0] = np.inf
    z = np.asarray(by_prompt.sum(axis=0)).ravel() / deviation
    swaps = np.random.default_rng(seed).choice((-1.0, 1.0), (_PERMUTATIONS, len(prompts)))
    strongest = np.abs((by_prompt.T @ swaps.T).T / deviation).max(axis=1)
    bound = float(np.quantile(strongest, 0.95))
    chosen = np.asarray((signs > 0).sum(axis=0)).ravel()
    rejected = np.asarray((signs < 0).sum(axis=0)).ravel()
    kept: list[Word] = []
    tokens = [found.tokens[column].count(" ") for column in columns]
    for n in np.lexsort((tokens, -np.abs(z))):
        if abs(z[n]) <= bound or len(kept) == shown:
            break
        text = str(found.tokens[columns[n]])
        if not any(_overlap(text, word.text) for word in kept):
            kept.append(Word(text, int(chosen[n]), int(rejected[n]), float(z[n])))
    return kept


def _overlap(one: str, other: str) -> bool:
    """Whether one is a part of the other, token by token."""
    few, many = sorted((one.split(" "), other.split(" ")), key=len)
    return few == many[: len(few)] or few == many[-len(few) :]
