"""Where two answers differ: spans, hunks and similarity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_pairs import pair
from seapo_cli.checks.pair import read_pair
from seapo_cli.exceptions import RowError
from seapo_cli.rows import Keys, read_row
from seapo_cli.text.difference import common_end, common_start
from seapo_cli.text.revealing import REVEALING

TEXTS = st.text(alphabet="ab \n.é東", max_size=40)
LEAK = "and I deliberately introduced an error here"
WORDS = st.lists(st.sampled_from(["the", "a", "answer", "is", "wrong", "\n"]))


@given(TEXTS, TEXTS)
def test_the_common_ends_are_the_longest(a: str, b: str) -> None:
    start = common_start(a, b)
    tail = common_end(a, b, start)
    assert a[:start] == b[:start]
    assert a[len(a) - tail :] == b[len(b) - tail :]
    assert start + tail <= min(len(a), len(b))
    if start < min(len(a), len(b)):
        assert a[start] != b[start]
    if start + tail < min(len(a), len(b)):
        assert a[len(a) - tail - 1] != b[len(b) - tail - 1]


@given(TEXTS.filter(str.strip), TEXTS)
def test_the_differing_words_rebuild_both(response: str, negative: str) -> None:
    found = pair(response, negative)
    start, tail = found._common
    assert response[:start] + found.removed + response[len(response) - tail :] == response
    assert negative[:start] + found.added + negative[len(negative) - tail :] == negative
    assert response[:start] == negative[:start]
    assert 0 <= found.similarity <= 1.0
    if response == negative:
        assert found.hunks == ()
    if response.split() != negative.split():
        assert found.hunks


def test_hunks_are_the_changed_words() -> None:
    found = pair("The cat sat on the old mat.", "The dog sat on the mat.")
    assert [(tuple(h.removed), tuple(h.added)) for h in found.hunks] == [
        (("cat",), ("dog",)),
        (("old",), ()),
    ]
    assert 0.7 < found.similarity < 0.9


def test_text_without_spaces_is_compared_by_characters() -> None:
    response = "東京は日本の首都であり、人口が最も多い都市です。" * 3
    assert pair(response, f"大阪{response[2:]}").similarity > 0.9
    assert pair(response, response.replace("首都", "都市")).similarity > 0.9


@given(WORDS, WORDS)
def test_phrases_are_found_wherever_the_difference_stands(
    before: list[str], after: list[str]
) -> None:
    old, new = (" ".join([*before, *side, *after]) for side in (["cat"], [LEAK]))
    found = REVEALING.added(pair(old, new))
    assert found is not None or LEAK in old
    assert REVEALING.added(pair(old, old + " cat")) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"response": "a", "negative": "b"}, ("a", "b")),
        ({"chosen": "a", "rejected": "b"}, ("a", "b")),
        ({"chosen": "a", "rejected": "b", "answer": "c"}, ("a", "b")),
        ({"response": "a", "negative": "b", "chosen": "x", "rejected": "y"}, ("a", "b")),
        (
            {
                "chosen": [{"role": "assistant", "content": "a"}],
                "rejected": [{"role": "assistant", "content": "b"}],
            },
            ("a", "b"),
        ),
        ({"response": "a", "negative": ""}, ("a", "")),
    ],
)
def test_both_kinds_of_rows_are_recognised(
    data: dict[str, object], expected: tuple[str, str]
) -> None:
    found = read_pair(read_row({"prompt": "p", **data}), Keys())
    assert (found.response, found.negative) == expected


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"response": "a"}, "--negative-key"),
        ({"negative": "b"}, "--response-key"),
        ({"response": "a", "negative": 5}, "'negative'"),
        ({"chosen": "a", "rejected": [{"role": "user", "content": "b"}]}, "assistant"),
    ],
)
def test_rows_without_a_pair_say_what_is_missing(data: dict[str, object], named: str) -> None:
    with pytest.raises(RowError, match=named):
        read_pair(read_row({"prompt": "p", **data}), Keys())


def test_the_error_type_is_that_of_inject_or_a_label() -> None:
    assert pair("a", "b", error={"type": "factual"}).error_type == "factual"
    assert pair("a", "b", error_type="mine").error_type == "mine"
    assert pair("a", "b").error_type is None
