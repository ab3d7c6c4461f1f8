"""What a rewrite changed, as edits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from seapo_cli.rows import Edit
from seapo_cli.text.words import WORD

_MOST_PAIRS = 500_000
"""Pairs of equal tokens beyond which the comparison, quadratic at worst, takes too long."""
_LONGEST = 1000
"""Words that suffice to tell whether two texts are versions of one another."""


def edits_between(response: str, negative: str) -> tuple[Edit, ...]:
    """The word-level edits that turn `response` into `negative`, sorted, not overlapping."""
    old, new = _tokens(response), _tokens(negative)
    if _pairs(old, new) > _MOST_PAIRS:
        return _one_edit(response, negative)
    found = []
    old_at, new_at = _offsets(old), _offsets(new)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            start, end = old_at[i1], old_at[i2]
            replacement = negative[new_at[j1] : new_at[j2]]
            found.append(_edit(response, start, end, replacement))
    return tuple(found)


def similarity(response: str, negative: str) -> float:
    """Share of words that both have in the same order, from 0 to 1."""
    old, new = _words(response), _words(negative)
    if not old and not new:  # signs only
        old, new = list(response), list(negative)
    if _pairs(old, new) > _MOST_PAIRS:  # few words, over and over: their order says little
        return 2 * (Counter(old) & Counter(new)).total() / (len(old) + len(new))
    return SequenceMatcher(None, old, new, autojunk=False).ratio()


def _tokens(text: str) -> list[str]:
    """Words and signs, each with the space after it: on its own a space would match any other."""
    return re.findall(rf"(?:{WORD.pattern}|[^\w\s])\s*|\s+", text)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())[:_LONGEST]


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counts = Counter(old)
    return sum(counts[token] for token in new)


def _offsets(tokens: list[str]) -> list[int]:
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return offsets


def _edit(response: str, start: int, end: int, replacement: str) -> Edit:
    """An edit without the space that both sides end in."""
    original = response[start:end]
    while original and replacement and original[-1] == replacement[-1] and original[-1].isspace():
        original, replacement = original[:-1], replacement[:-1]
    return Edit(start=start, end=start + len(original), original=original, replacement=replacement)


def _one_edit(response: str, negative: str) -> tuple[Edit, ...]:
    """Everything between the common beginning and the common end."""
    shorter = min(len(response), len(negative))
    start = next((i for i in range(shorter) if response[i] != negative[i]), shorter)
    rest = shorter - start
    tail = next((i for i in range(rest) if response[-1 - i] != negative[-1 - i]), rest)
    end = len(response) - tail
    original, replacement = response[start:end], negative[start : len(negative) - tail]
    if not original and not replacement:
        return ()
    return (Edit(start=start, end=end, original=original, replacement=replacement),)
