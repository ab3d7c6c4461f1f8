"""The mistake is marked by whole words, and the marks make one answer of the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seapo_cli.formats.reader import known_edits
from seapo_cli.report.marks import cut, pieces, snippet, whole_words
from seapo_cli.rows import Edit
from seapo_cli.text.difference import edits_between

TEXTS = st.text(alphabet="ab1 .\n界", max_size=40)


def edit(text: str, old: str, new: str) -> Edit:
    start = text.index(old)
    return Edit(start=start, end=start + len(old), original=old, replacement=new)


@pytest.mark.parametrize(
    ("text", "old", "new", "shown"),
    [
        ("a float side", "floa", "in", [("float", "int")]),
        ("in 2006, they", "6", "1", [("2006", "2001")]),
        ("an artificial net", "n artificial", " feedforward", [("an artificial", "a feedforward")]),
        ("so it is", "so", "so that", [("so", "so that")]),
        ("end.", ".", " of it.", [(".", " of it.")]),
        ("x" * 100, "x", "y", [("x", "y")]),
        ("他有六条腿", "六", "八", [("六", "八")]),
    ],
)
def test_whole_words(text: str, old: str, new: str, shown: list[tuple[str, str]]) -> None:
    found = whole_words(text, [edit(text, old, new)])
    assert [(one.original, one.replacement) for one in found] == shown


def test_two_edits_in_a_word_are_one() -> None:
    text = "the colours fade"
    found = whole_words(text, [edit(text, "o", "0"), edit(text, "u", "")])
    assert [(one.original, one.replacement) for one in found] == [("colours", "c0lors")]


@given(TEXTS, TEXTS)
def test_widened_edits_still_make_one_of_the_other(good: str, bad: str) -> None:
    found = whole_words(good, edits_between(good, bad))
    told = {"edits": [one.model_dump() for one in found]}
    assert known_edits(told, good, bad) == tuple(found)
    assert all(one.original == good[one.start : one.end] for one in found)


@given(TEXTS, TEXTS)
def test_pieces_hold_both_sides(good: str, bad: str) -> None:
    found = pieces(good, edits_between(good, bad))
    assert len(found) % 3 == 1
    assert "".join(piece for n, piece in enumerate(found) if n % 3 != 2) == good
    assert "".join(piece for n, piece in enumerate(found) if n % 3 != 1) == bad


def test_what_nobody_reads_is_cut() -> None:
    text = "a" * 10_000 + "b" * 3_000_000 + "c" * 10_000
    assert len(cut(text)) < 13_000
    assert "3,008,000 characters left out" in cut(text)
    many = " ".join(["no"] * 5000)
    edits = [
        Edit(start=3 * n, end=3 * n + 2, original="no", replacement="yes") for n in range(5000)
    ]
    assert "4,600 more edits are not shown" in pieces(many, edits)[-1]


def test_the_first_edit_in_short() -> None:
    assert snippet("a bee has six legs", [edit("a bee has six legs", "six", "eight")]) == [
        "six",
        "eight",
    ]
    assert snippet("x", []) == []
    long = snippet("", [Edit(start=0, end=0, original="", replacement="word " * 99)])
    assert (long[0], len(long[1])) == ("", 60)
