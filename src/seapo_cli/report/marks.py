"""A pair as one text with the mistake marked in it, and very long stretches cut."""

from __future__ import annotations

from collections.abc import Sequence

from seapo_cli.rows import Edit
from seapo_cli.text.safe import safe

_LONGEST = 12_000
"""Characters of a stretch of text; what is more is cut out of its middle."""
_MOST_EDITS = 400
_SNIPPET = 60
_LONGEST_WORD = 24
_UNSPACED = "\u2e80"
"""From here on (Chinese, Japanese, ...) words are not separated by spaces."""


def pieces(good: str, edits: Sequence[Edit]) -> list[str]:
    """What is the same, what was removed, what was added, and so on; the last one is the same."""
    found: list[str] = []
    position = 0
    edits = whole_words(good, edits)
    for edit in edits[:_MOST_EDITS]:
        found += [cut(good[position : edit.start]), cut(edit.original), cut(edit.replacement)]
        position = edit.end
    if more := len(edits[_MOST_EDITS:]):
        return [*found, f"\n⋯ {more:,} more edits are not shown ⋯\n"]
    return [*found, cut(good[position:])]


def snippet(good: str, edits: Sequence[Edit]) -> list[str]:
    """The first edit in short: what was there, and what is there now."""
    first = whole_words(good, edits[:2])[:1]
    return [_short(text) for edit in first for text in (edit.original, edit.replacement)]


def cut(text: str) -> str:
    """A text that can be shown, without its middle if it is very long."""
    if len(text) <= _LONGEST:
        return safe(text)
    half = _LONGEST // 2
    gone = len(text) - 2 * half
    return f"{safe(text[:half])}\n⋯ {gone:,} characters left out ⋯\n{safe(text[-half:])}"


def whole_words(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """Edits of `text` widened to whole words, as half a word cannot be read."""
    found = []
    for edit in _joined(text, edits):
        before = text[max(0, edit.start - _LONGEST_WORD) : edit.start][::-1]
        start = edit.start - (_run(before) if _is_word(edit, 0) else 0)
        end = edit.end + (_run(text[edit.end :][:_LONGEST_WORD]) if _is_word(edit, -1) else 0)
        replacement = text[start : edit.start] + edit.replacement + text[edit.end : end]
        found.append(Edit(start=start, end=end, original=text[start:end], replacement=replacement))
    return found


def _joined(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """Edits with several in one word as one."""
    found: list[Edit] = []
    for edit in edits:
        between = text[found[-1].end : edit.start] if found else " "
        if all(map(_is_letter, between)) and len(between) < _LONGEST_WORD:
            last = found.pop()
            edit = Edit(
                start=last.start,
                end=edit.end,
                original=text[last.start : edit.end],
                replacement=last.replacement + between + edit.replacement,
            )
        found.append(edit)
    return found


def _is_word(edit: Edit, place: int) -> bool:
    """Whether one of an edit's texts begins (0) or ends (-1) in a letter or digit."""
    return any(side and _is_letter(side[place]) for side in (edit.original, edit.replacement))


def _run(text: str) -> int:
    """Letters and digits that a text begins with; 0 where there is no end of them."""
    count = next((n for n, one in enumerate(text) if not _is_letter(one)), len(text))
    return count if count < _LONGEST_WORD else 0


def _is_letter(one: str) -> bool:
    return one.isalnum() and one < _UNSPACED


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _SNIPPET].split())
    return safe(line if len(line) <= _SNIPPET else f"{line[: _SNIPPET - 1]}…")
