"""What a rewrite changed: edits that lead to it exactly, small where the change is small."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seapo_cli.text.difference import Difference, edits_between
from seapo_cli.text.spans import apply_edits, disjoint


def similarity(old: str, new: str) -> float:
    return Difference(old, new).similarity


words = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", " ", "\n", "mat", ".", "猫", "é", "-5"])
)
texts = st.one_of(st.text(max_size=60), words.map(" ".join), words.map("".join))


@given(texts, texts)
def test_edits_lead_from_one_to_the_other(old: str, new: str) -> None:
    edits = edits_between(old, new)
    assert apply_edits(old, edits) == new
    assert disjoint(edits)
    assert all(old[e.start : e.end] == e.original != e.replacement for e in edits)
    assert bool(edits) == (old != new)


@given(texts, texts)
def test_similarity_is_a_share(old: str, new: str) -> None:
    assert 0 <= similarity(old, new) <= 1
    assert similarity(old, old) == 1


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("He has 5 cats, and a dog.", "He has 7 cats, and a dog.", [("5", "7")]),
        ("A b c.", "A b c d.", [("c", "c d")]),
        ("One. Two.", "One. New. Two.", [("", "New. ")]),
        ("长江全长6300公里。", "长江全长6400公里。", [("6300", "6400")]),
        ("富士山は高い山です。", "富士山は低い山です。", [("高", "低")]),
    ],
)
def test_edits_are_words(old: str, new: str, changes: list[tuple[str, str]]) -> None:
    found = [(edit.original, edit.replacement) for edit in edits_between(old, new)]
    assert found == changes


def test_versions_are_told_from_other_texts() -> None:
    chinese = "长江是中国最长的河流全长约6300公里它发源于青藏高原在上海流入东海"
    assert similarity(chinese, chinese.replace("6300", "6500")) > 0.9
    prose = "The Nile is the longest river in Africa and flows north to the sea."
    assert similarity(prose, prose.replace("north", "south")) > 0.9
    assert similarity(prose, "I can help with that: what would you like to know about it?") < 0.3


@pytest.mark.parametrize("text", ["a b " * 25_000, "a " * 50_000, "x" * 100_000, "猫" * 100_000])
def test_long_texts_take_bounded_time(text: str) -> None:
    begun = time.process_time()
    new = "b " + text[: len(text) // 2] + "c" + text[len(text) // 2 :]
    assert apply_edits(text, edits_between(text, new)) == new
    similarity(text, new)
    assert time.process_time() - begun < 4
