"""Propose mode's JSON, read leniently, and its quotes, found in the answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planned import proposal
from seapo_cli.mistakes.proposal import (
    Proposal,
    Replacement,
    Unusable,
    located,
    read_proposals,
)
from seapo_cli.text.spans import apply_edits, disjoint

RESPONSE = (
    "Mary’s\u00a0first  trip – in 1953 – led to Rome.\nHer second led to Rome and Oslo (165 km)."
)


def read(text: str) -> Proposal:
    return next(read_proposals(text))


def negative(response: str, *edits: tuple[str, str]) -> str:
    changes = Proposal(tuple(Replacement(*edit) for edit in edits))
    return apply_edits(response, located(changes, response))


@pytest.mark.parametrize(
    "text",
    [
        proposal(("a", "b")),
        f"Here you are:\n```json\n{proposal(('a', 'b'))}\n```\nDone.",
        '[{"quote": "a", "replacement": "b"}]',
        '{"edits": {"quote": "a", "replacement": "b"}}',
        '{"decline": "none", "edits": [{"original": "a", "replacement": "b"}]}',
        '{"note": "hm {"} {"decline": null, "edits": [{"quote": "a", "replacement": "b"}]}',
        '{"mistake": "two\nlines", "edits": [{"quote": "a", "replacement": "b"}]}',
    ],
)
def test_edits_are_read_from_whatever_is_around_them(text: str) -> None:
    found = read(text)
    assert found.edits == (Replacement("a", "b"),)
    assert found.decline is None


@pytest.mark.parametrize(
    ("text", "kind", "note"),
    [
        (proposal(decline="type does not fit", note="a poem"), "type does not fit", "a poem"),
        (proposal(decline="answer is wrong", note="it sorts"), "answer is wrong", "it sorts"),
        ('{"decline": "The answer is WRONG: 2+2=5"}', "answer is wrong", None),
        ('{"decline": "no facts in it"}', "type does not fit", "no facts in it"),
    ],
)
def test_declines_are_read_with_their_reason(text: str, kind: str, note: str | None) -> None:
    found = read(text)
    assert found.decline == kind
    assert note is None or found.note == note


@pytest.mark.parametrize(
    "text",
    ["", "no", "{}", '{"edits": []}', '{"edits": [{"quote": "a"}]}', '{"edits": "a"}', "[" * 5000],
)
def test_what_is_no_proposal_is_said(text: str) -> None:
    with pytest.raises(Unusable, match="not the JSON"):
        read(text)


@pytest.mark.parametrize(
    ("quote", "new"),
    [
        (r"\frac{1}{2}\times 4 = 2", r"\frac{1}{2}\times 4 = 3"),
        (r"\\frac{1}{2}\\times 4 = 2", r"\\frac{1}{2}\\times 4 = 3"),
        (r"4 = 2 and \(x\)", r"4 = 3 and \(x\)"),
    ],
)
def test_back_slashes_of_latex_are_read_both_ways(quote: str, new: str) -> None:
    response = "So \\frac{1}{2}\\times 4 = 2 and \\(x\\) is new."
    text = f'{{"edits": [{{"quote": "{quote}", "replacement": "{new}"}}]}}'
    found = []
    for reading in read_proposals(text):
        try:
            found.append(apply_edits(response, located(reading, response)))
        except Unusable:
            continue
    assert found[0] == response.replace("= 2", "= 3")


@pytest.mark.parametrize(
    ("quote", "new", "old", "changed"),
    [
        ("Mary's first trip - in 1953", "Mary's first trip - in 1955", "1953", "1955"),
        ("in 1953 ", "in 1963 ", "1953", "1963"),
        ("and Oslo", "and Bergen", "Oslo", "Bergen"),
        ("Rome. Her second", "Rome. Her third", "second", "third"),
        ("65 km", "85 km", "65", "85"),
        ("led to Rome and Oslo", "and Oslo", "led to Rome ", ""),
    ],
)
def test_quotes_are_found_with_white_space_quotes_and_dashes_made_equal(
    quote: str, new: str, old: str, changed: str
) -> None:
    (edit,) = located(Proposal((Replacement(quote, new),)), RESPONSE)
    assert (edit.original, edit.replacement) == (old, changed)
    assert RESPONSE[edit.start : edit.end] == old


def test_a_quote_that_is_one_whole_word_once_is_not_ambiguous() -> None:
    assert negative("16 and 6 make 22", ("6", "7")) == "16 and 7 make 22"
    assert negative("1.5 and 5 make 6.5", ("5", "4")) == "1.5 and 4 make 6.5"
    assert negative("artful art", ("art", "craft")) == "artful craft"


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([("to Rome", "to Paris")], "stands 2 times in the answer: quote some of the words around"),
        ([("Paris", "Rome")], "is not in the answer: copy it exactly"),
        ([(" ", "x")], "a quote is empty"),
        ([("in 1953", "in 1953")], "equal what they replace"),
        ([("in 1953 – led", "in 1955 – came"), ("1953", "1956")], "overlap: put them into one"),
        ([(str(n), "x") for n in range(30)], "30 replacements are too many"),
    ],
)
def test_what_cannot_be_placed_is_said(edits: list[tuple[str, str]], reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        negative(RESPONSE, *edits)


def test_white_space_that_was_changed_on_purpose_counts() -> None:
    code = "for i in s:\n    if i:\n        return 0\n    return 1\n"
    found = negative(code, ("return 0\n    return 1", "return 0\n        return 1"))
    assert found == code.replace("\n    return 1", "\n        return 1")


def test_the_answers_own_apostrophe_is_kept() -> None:
    assert negative("It’s Mary’s book.", ("Mary's", "Anna's")) == "It’s Anna’s book."


@given(st.text("ab \n.é東’", min_size=1, max_size=40), st.data())
def test_edits_lead_from_the_answer_to_what_was_proposed(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    new = data.draw(st.text("abxy ", max_size=6))
    changes = Proposal((Replacement(text[start:end], new),))
    try:
        edits = located(changes, text)
    except Unusable:
        return
    assert disjoint(edits)
    assert all(text[e.start : e.end] == e.original != e.replacement for e in edits)


@given(st.recursive(st.none() | st.text(max_size=5), lambda part: st.lists(part, max_size=3)))
def test_no_json_ends_in_a_traceback(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"edits": value, "decline": value})):
        try:
            list(read_proposals(text))
        except Unusable:
            continue
