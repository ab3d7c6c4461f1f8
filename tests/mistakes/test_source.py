"""An answer taken apart: sentences, code, what is kept, and how edits go into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seapo_cli.mistakes.menu.source import Source
from seapo_cli.rows import Edit
from seapo_cli.text.spans import Spans, apply_edits, disjoint
from specimens import C_CODE, MARKDOWN, PROSE, PYTHON

spans = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), max_size=12)


def separate(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order that do not overlap."""
    found: list[tuple[int, int]] = []
    for start, size in sorted(pairs):
        if not found or start >= found[-1][1]:
            found.append((start, start + size))
    return found


@given(spans, st.integers(0, 230), st.integers(0, 30))
def test_spans_find_what_a_look_at_each_finds(
    pairs: list[tuple[int, int]], start: int, size: int
) -> None:
    found, end = Spans(separate(pairs)), start + size
    meets = any(start < right and left < max(end, start + 1) for left, right in found)
    assert found.overlaps(start, end) == meets


@given(st.text(max_size=40), st.data())
def test_edits_change_their_spans_and_nothing_else(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [
        Edit(start=a, end=b, original=text[a:b], replacement=data.draw(st.text(max_size=5)))
        for a, b in pairs
    ]
    assert disjoint(edits)
    wrong, moved, position = apply_edits(text, edits), 0, 0
    for edit in edits:
        assert wrong[position + moved : edit.start + moved] == text[position : edit.start]
        assert wrong.startswith(edit.replacement, edit.start + moved)
        moved += len(edit.replacement) - len(edit.original)
        position = edit.end
    assert wrong[position + moved :] == text[position:]


@pytest.mark.parametrize(
    ("pairs", "apart"),
    [
        ([(0, 2), (2, 4)], True),
        ([(0, 3), (2, 4)], False),
        ([(1, 1), (1, 1)], False),
        ([(1, 1), (1, 3)], True),
        ([(0, 5), (3, 3)], False),
        ([(2, 4), (2, 5)], False),
    ],
)
def test_disjoint(pairs: list[tuple[int, int]], apart: bool) -> None:
    edits = [Edit(start=a, end=b, original="", replacement="") for a, b in pairs]
    assert disjoint(edits) == apart


def test_code_is_told_from_prose() -> None:
    assert Source(PYTHON).code == ((0, len(PYTHON)),)
    assert not Source(PROSE).code
    fenced = [MARKDOWN[slice(*span)] for span in Source(MARKDOWN).code]
    assert len(fenced) == 2
    assert all("```" not in text for text in fenced)
    open_ended = "Look:\n```python\nx = 1\n"
    assert [open_ended[slice(*s)] for s in Source(open_ended).code] == ["x = 1\n"]


def test_strings_and_comments_are_silent() -> None:
    for text, loud in ((PYTHON, ("items[i]", "range")), (C_CODE, ("p == NULL", "3 * 2"))):
        source = Source(text)
        for word in loud:
            assert not source.silent.overlaps(text.index(word), text.index(word) + len(word))
    for text, quiet in ((PYTHON, ("2 + 2", "and nothing")), (C_CODE, ("a + b", "%d <", "1 - 2"))):
        for word in quiet:
            assert Source(text).silent.overlaps(text.index(word), text.index(word) + len(word))


def test_addresses_links_and_inline_code_are_kept() -> None:
    source = Source(MARKDOWN + "\nSee [the 2 docs](docs/3.md), ~/.config/x and notes.txt.")
    kept = [source.text[slice(*span)] for span in source.kept]
    assert kept == [
        "https://example.org/v1.2/get-it:",
        "`run_all.py`",
        "help@example.org",
        "[the 2 docs](docs/3.md)",
        "~/.config/x",
        "notes.txt",
    ]


def test_what_the_conversation_states_is_given() -> None:
    source = Source("It cost $5 in 1990, and 15.5 percent more later.", "Why $5 and not 15?")
    given = [source.is_given(*span) for span in ((9, 10), (14, 18), (24, 28))]
    assert given == [True, False, False]
