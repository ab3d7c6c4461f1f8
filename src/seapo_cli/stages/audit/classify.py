"""How often a classifier that sees the answers only, without the question, finds the better one.

Ridge regression on the difference of the sides, without an intercept: it scores each answer by
itself, and a pair counts as right if chosen scores higher. Swapping the sides of some pairs
changes only the sign of their target, so all permutations are one fit with many targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from seapo_cli.stages.audit.features import Features, frequent
from seapo_cli.statistics import Array

FOLDS = 5
LEAST_PROMPTS = 10
"""With fewer prompts, nothing can be learned and nothing is measured."""
_MOST_NGRAMS = 1000
"""Of words, and of characters."""
_PENALTY = 3.0
"""Penalty on the weights; each pair's features have a norm of about 1."""
_PERMUTATIONS = 200
_REPEATED_PAIRS = 5000
"""From this many pairs on, averaging over several partitions into folds is not worth the time."""


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """What the classifier found, on pairs whose prompts it was not trained on."""

    right: Array
    """(pairs,) share of the partitions into folds in which chosen scored higher; a tie is 0.5."""
    score: Array
    """(pairs,) mean score of chosen minus rejected."""
    chance: Array
    """(permutations,) accuracies when the sides of whole prompts are swapped at random."""

    @property
    def accuracy(self) -> float:
        """Share of pairs in which chosen scores higher."""
        return float(self.right.mean())

    @property
    def p_value(self) -> float:
        """The p-value: how often chance alone gives such an accuracy; exact for any data."""
        reached = int(np.sum(self.chance >= self.accuracy - 1e-12))
        return (1 + reached) / (1 + len(self.chance))

    def band(self) -> tuple[float, float]:
        """The interval that holds 95% of the accuracies under chance."""
        low, high = np.quantile(self.chance, [0.025, 0.975])
        return float(low), float(high)


def cross_validate(
    found: Features, seed: int = 0, permutations: int = _PERMUTATIONS
) -> CrossValidation | None:
    """Cross-validate the classifier, all pairs of a prompt in one fold; None with few prompts."""
    count = len(found.prompts)
    numbers = np.unique(found.prompts, return_inverse=True)[1]
    prompts = int(numbers.max(initial=-1)) + 1
    if prompts < LEAST_PROMPTS:
        return None
    swaps = np.random.default_rng(seed).choice((-1, 1), (prompts, permutations))[numbers]
    signs = np.hstack([np.ones((count, 1)), swaps]).astype(np.float32)
    design = design_matrix(found)
    right, score = np.zeros(signs.shape, np.float32), np.zeros(count)
    repeats = max(1, min(5, _REPEATED_PAIRS // count))
    # Two BLAS threads on a busy machine wait for each other most of the time.
    with threadpool_limits(1):
        ridge = _Ridge(design)
        for repeat in range(repeats):
            scores = np.zeros_like(signs)
            for train, test in folds(numbers, seed + repeat):
                scores[test] = ridge.scores(train, test, signs)
            right += (np.sign(scores * signs) + 1) / 2
            score += scores[:, 0]
    accuracies = right.mean(axis=0, dtype=np.float64) / repeats
    return CrossValidation(right[:, 0] / repeats, score / repeats, accuracies[1:])


class _Ridge:
    """Ridge regression in closed form: what all folds share is computed once."""

    def __init__(self, design: Array) -> None:
        self._design = design
        self._dual = len(design) <= design.shape[1]
        self._products = design @ design.T if self._dual else design.T @ design

    def scores(self, train: Array, test: Array, targets: Array) -> Array:
        """(test, targets) scores on the one part by weights learned on the other."""
        if self._dual:
            solved = _solve(self._products[np.ix_(train, train)], targets[train])
            found: Array = self._products[np.ix_(test, train)] @ solved
            return found
        held, known = self._design[test], self._design[train]
        solved = _solve(self._products - held.T @ held, known.T @ targets[train])
        return np.asarray(held @ solved)


def _solve(matrix: Array, targets: Array) -> Array:
    matrix.flat[:: len(matrix) + 1] += _PENALTY
    factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, targets, check_finite=False))


def folds(prompts: Array, seed: int) -> Iterator[tuple[Array, Array]]:
    """Indices of the pairs to train on and to test on; no prompt is in both."""
    splitter = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    yield from splitter.split(prompts, groups=prompts)


def design_matrix(found: Features) -> Array:
    """(pairs, features) the classifier's view of the differences, in float32.

    Only the signs depend on which side is which.
    """
    blocks = []
    for differences in (found.words, found.characters):
        columns, counts = frequent(differences, found.prompts, _MOST_NGRAMS)
        dense = differences[:, columns].toarray().astype(np.float32)
        # Frequent n-grams weigh less, and one of many in a text weighs less than a single one.
        blocks.append(np.sign(dense) * np.log1p(np.abs(dense)) / np.sqrt(counts, dtype=np.float32))
    ngrams = np.hstack(blocks)
    norm = np.linalg.norm(ngrams, axis=1, keepdims=True)
    ngrams /= np.where(norm > 0, norm, 1)
    form = np.hstack([found.form, found.length[:, None]])
    size = np.sqrt(np.mean(form**2, axis=0))
    form = np.clip(form / np.where(size > 0, size, 1), -3, 3) / np.sqrt(form.shape[1])
    return np.hstack([ngrams, form.astype(np.float32)])
