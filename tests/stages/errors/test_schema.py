"""What the model may answer, and how its answer is read back."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seapo_cli.records import Edit
from seapo_cli.stages.errors.kinds import KINDS
from seapo_cli.stages.errors.schema import Unusable, answers, read_answer, schema
from seapo_cli.stages.errors.source import Place, Source
from specimens import ANSWERS


def closed(*texts: str) -> Place:
    edits = (Edit(start=0, end=1, original="a", replacement="b"),)
    return Place("word", 0, 1, "another word", dict.fromkeys(texts, edits))


OPEN = Place("name", 0, 4, "another name", pattern="[A-Z][a-z]{2,11}")
LONG = closed("This is a rather long ready answer.", "So is this other one, and how.")


def options(places: list[Place]) -> list[dict[str, Any]]:
    edit = schema(places)["properties"]["edit"]
    found: list[dict[str, Any]] = edit.get("anyOf", [edit])
    return found


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=20)


@given(st.lists(st.lists(texts, min_size=1, max_size=6), min_size=1, max_size=4))
def test_what_the_schema_allows_is_read_as_its_place(groups: list[list[str]]) -> None:
    places = [closed(*group) for group in groups]
    for option in options(places):
        for text in option["enum"]:
            filled = read_answer(json.dumps({"edit": text}), places)
            assert filled.place is places[int(text.split(":")[0]) - 1]
            ready = answers(filled.place)[text.partition(": ")[2]]
            assert filled.text.casefold() == ready.casefold()


@pytest.mark.parametrize("name", ANSWERS)
def test_every_place_of_real_answers_is_read_back(name: str) -> None:
    for find in KINDS.values():
        for place in find(Source(ANSWERS[name])):
            for text in answers(place):
                filled = read_answer(json.dumps({"edit": f"1: {text}"}), [place])
                assert filled.text in place.choices
                assert schema([place])["properties"]["edit"]["enum"]


def test_open_answers_are_held_to_their_pattern() -> None:
    (option,) = options([OPEN])
    assert re.fullmatch(option["pattern"], "1: Lund")
    assert read_answer('{"edit": "1: Lund"}', [OPEN]).text == "Lund"
    with pytest.raises(Unusable, match="'lund' does not fit"):
        read_answer('{"edit": "1: lund"}', [OPEN])


def test_long_ready_answers_are_named_by_a_letter() -> None:
    assert list(answers(LONG)) == ["a", "b"]
    assert options([LONG])[0]["enum"] == ["1: a", "1: b"]
    whole = read_answer('{"edit": "1: So is this other one, and how."}', [LONG])
    assert whole == read_answer('{"edit": "1: b"}', [LONG])


def test_schema_has_nothing_but_what_all_servers_enforce() -> None:
    found = schema([closed("a", "b"), OPEN, LONG])
    assert found["required"] == ["edit"]
    assert found["additionalProperties"] is False
    assert {key for part in found["properties"]["edit"]["anyOf"] for key in part} == {
        "type",
        "enum",
        "pattern",
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"edit": "2: Lund"}',
        'Sure! ```json\n{"edit": "2: Lund"}\n``` I hope that helps.',
        '{"edit": " place 2. Lund "}',
        '{"edit": "2) Lund"}',
        '{"edit": "2 :Lund", "why": "because"}',
        '{"other": 1} then {"edit": "2: Lund"}',
        '{"edit": 5} {"edit": "2: Lund"}',
    ],
)
def test_reading_is_lenient_about_what_stands_around(text: str) -> None:
    filled = read_answer(text, [closed("a"), OPEN])
    assert (filled.place, filled.text) == (OPEN, "Lund")


def test_with_one_place_its_number_may_be_missing() -> None:
    assert read_answer('{"edit": "Lund"}', [OPEN]).text == "Lund"
    assert read_answer('{"edit": "A"}', [closed("a", "b")]).text == "a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no edit"),
        ("no JSON at all", "holds no edit"),
        ('{"edit": "Lund"}', "holds no edit"),
        ('{"edit": "0: Lund"}', "holds no edit"),
        ('{"edit": "3: Lund"}', "holds no edit"),
        ('{"edit": "' + "9" * 5000 + ': Lund"}', "holds no edit"),
        ('{"edit": ["2: Lund"]}', "holds no edit"),
        ('{"edit": "1: c"}', "none of the answers"),
        ('{"edit": "1: "}', "none of the answers"),
        ('{"edit": "2: Lund\\nor so"}', "does not fit"),
        ('{"a":' * 5000, "holds no edit"),
        ("{" * 50_000, "holds no edit"),
    ],
)
def test_bad_answers_have_a_reason(text: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        read_answer(text, [closed("a", "b"), OPEN])


@given(st.text(max_size=200))
def test_no_answer_raises_anything_else(text: str) -> None:
    for places in ([OPEN], [closed("a"), OPEN]):
        with suppress(Unusable):
            read_answer(text, places)
