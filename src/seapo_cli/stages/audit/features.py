"""The differences between the sides of pairs, as numbers: chosen minus rejected.

What both sides share cancels out, so only the stretch around the difference is read for words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from seapo_cli.pairing.words import CJK
from seapo_cli.stages.audit.gather import Item
from seapo_cli.statistics import Array
from seapo_cli.text.difference import common_end, common_start

_TOKEN = rf"\n+|[{CJK}]|[^\W{CJK}]+|[^\w\s]"
"""Words, characters of scripts without spaces, punctuation marks, line breaks."""
_MARGIN = 64
"""Characters read on both sides of the difference: n-grams that reach into it start there."""
_SIZES = (2, 3, 4)
"""Characters of an n-gram within a word."""
_MARKS = ",.;:!?()\"'-–—*`#=|/$%…"
_SENTENCE_END = re.compile(r"[.!?。！？]+(?=\s|$)|[。！？]")
_DIGIT, _CAPITAL = re.compile(r"\d"), re.compile(r"[A-Z]")
_WORD = re.compile(r"\w")
_LAST_MARK = re.compile(r"[^\w\s]\s*\Z")

FORM: dict[str, Callable[[str], float]] = {
    "characters": len,
    "words": lambda text: len(text.split()),
    "line breaks": lambda text: text.count("\n"),
    "sentence ends": lambda text: len(_SENTENCE_END.findall(text)),
    "digits": lambda text: len(_DIGIT.findall(text)),
    "capitals": lambda text: len(_CAPITAL.findall(text)),
    "a mark at the end": lambda text: _LAST_MARK.search(text[-8:]) is not None,
    **{mark: lambda text, mark=mark: text.count(mark) for mark in _MARKS},  # type: ignore[misc]
}
"""Counts that do not depend on a text's content."""
PLACES = ("start", "middle", "end")


@dataclass(frozen=True, slots=True)
class Features:
    """Differences of pairs: one row for each."""

    prompts: Array
    """(pairs,) prompt numbers: equal if the prompt is the same."""
    words: Any
    """(pairs, n-grams) sparse counts of one or two tokens."""
    tokens: Array
    """(n-grams,) their texts; two tokens are joined by a space."""
    characters: Any
    """(pairs, n-grams) sparse counts of characters within words."""
    form: Array
    """(pairs, len(FORM)) natural logarithms of count + 1."""
    inserted: Array
    """(pairs, 3): at the start, in the middle, at the end one side has text with nothing in
    its place on the other: 1 where that is chosen, -1 rejected."""
    place: Array
    """(pairs,) where the difference begins in the chosen answer, 0 to 1."""

    def of(self, rows: Array) -> Features:
        """The features of some pairs, by index."""
        by_pair = ("prompts", "words", "characters", "form", "inserted", "place")
        return replace(self, **{name: getattr(self, name)[rows] for name in by_pair})

    @property
    def length(self) -> Array:
        """(pairs,) 1 where chosen has more characters, -1 where rejected has."""
        return np.sign(self.form[:, 0])

    @property
    def single_words(self) -> Array:
        """(n-grams,) whether it is a single token."""
        return np.array([" " not in token for token in self.tokens], dtype=bool)


def features(items: Sequence[Item]) -> Features:
    """The differences between the sides of pairs."""
    spans = [_changed(item.chosen, item.rejected) for item in items]
    tokens, words = _words([span[0] for span in spans], [span[1] for span in spans])
    form = np.array([[count(side) for count in FORM.values()] for side in _sides(items)], float)
    logs = np.log1p(form).reshape(2, len(items), len(FORM))
    return Features(
        prompts=np.unique([item.prompt for item in items], return_inverse=True)[1],
        words=words,
        tokens=tokens,
        characters=_characters(tokens, words),
        form=logs[0] - logs[1],
        inserted=np.array([span[2] for span in spans]),
        place=np.array([span[3] for span in spans]),
    )


def _sides(items: Sequence[Item]) -> list[str]:
    return [item.chosen for item in items] + [item.rejected for item in items]


def _changed(chosen: str, rejected: str) -> tuple[str, str, tuple[int, int, int], float]:
    """Both sides around their difference, where text was inserted, and where it begins."""
    start = common_start(chosen, rejected)
    tail = common_end(chosen, rejected, start)
    left, right = max(0, start - _MARGIN), max(0, tail - _MARGIN)
    one, other = chosen[left : len(chosen) - right], rejected[left : len(rejected) - right]
    extra = (len(chosen) > len(rejected)) - (len(chosen) < len(rejected))
    pure = start + tail == min(len(chosen), len(rejected))
    # Text added before the last full stop counts as added at the end.
    at_end = not _WORD.search(chosen, len(chosen) - tail)
    place = 2 if at_end else 0 if not start else 1
    inserted = [0, 0, 0]
    inserted[place] = extra if pure else 0
    return one, other, (inserted[0], inserted[1], inserted[2]), start / max(1, len(chosen))


def _words(chosen: Sequence[str], rejected: Sequence[str]) -> tuple[Array, Any]:
    """The n-grams of one or two tokens that differ, and by how much."""
    count = len(chosen)
    vectorizer = CountVectorizer(token_pattern=_TOKEN, ngram_range=(1, 2), dtype=np.int32)
    try:
        counts = vectorizer.fit_transform([*chosen, *rejected])
    except ValueError:  # not a single token in all texts
        return np.array([], dtype=object), sparse.csr_matrix((count, 0), dtype=np.int32)
    found = (counts[:count] - counts[count:]).tocsr()
    found.eliminate_zeros()
    used = np.unique(found.indices)
    return vectorizer.get_feature_names_out()[used], found[:, used]


def _characters(tokens: Array, words: Any) -> Any:
    """N-grams within tokens: each distinct token is split only once."""
    single = np.flatnonzero([" " not in token for token in tokens])
    if not len(single):
        return sparse.csr_matrix((words.shape[0], 0), dtype=np.int32)
    parts = CountVectorizer(analyzer=_parts, dtype=np.int32).fit_transform(tokens[single])
    found = (words[:, single] @ parts).tocsr()
    found.eliminate_zeros()
    return found


def _parts(token: str) -> list[str]:
    padded = f" {token} "
    return [padded[n : n + size] for size in _SIZES for n in range(len(padded) - size + 1)]


def frequent(differences: Any, prompts: Array, most: int, least: int = 3) -> tuple[Array, Array]:
    """The columns that differ in the most prompts (at least `least`), and in how many.

    Swapping sides changes nothing here: the choice of columns does not reveal which side is which.
    """
    pairs = len(prompts)
    by_prompt = sparse.csr_matrix((np.ones(pairs), (prompts, np.arange(pairs))))
    counts = np.asarray(((by_prompt @ (differences != 0)) > 0).sum(axis=0)).ravel()
    order = np.argsort(-counts, kind="stable")[:most]
    columns = order[counts[order] >= least]
    return columns, counts[columns]
