"""What a rewrite changed, as edits."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from seapo_cli.records import Edit

_LONGEST = 4000
"""Words beyond which the comparison, quadratic at worst, is not worth its time."""


def edits_between(response: str, negative: str) -> tuple[Edit, ...]:
    """The word-level edits that turn `response` into `negative`, sorted, not overlapping."""
    old, new = _tokens(response), _tokens(negative)
    if max(len(old), len(new)) > _LONGEST:
        return _one_edit(response, negative)
    found = []
    old_at, new_at = _offsets(old), _offsets(new)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            start, end = old_at[i1], old_at[i2]
            replacement = negative[new_at[j1] : new_at[j2]]
            found.append(
                Edit(start=start, end=end, original=response[start:end], replacement=replacement)
            )
    return tuple(found)


def similarity(response: str, negative: str) -> float:
    """Share of words that both have in the same order, from 0 to 1."""
    old, new = _tokens(response)[:_LONGEST], _tokens(negative)[:_LONGEST]
    return SequenceMatcher(None, old, new, autojunk=False).ratio()


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _offsets(tokens: list[str]) -> list[int]:
    offsets = [0]
    for token in tokens:
        offsets.append(offsets[-1] + len(token))
    return offsets


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
