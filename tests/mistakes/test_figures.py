"""Whether a worked answer agrees with itself after a change."""

from __future__ import annotations

import pytest

from seapo_cli.text.final_answer import stated_result
from seapo_cli.text.worked import disagreement
from specimens import STORY

BOXED = "First 3 \\cdot 4 = 12, then 12 + 5 = 17, so the answer is $\\boxed{17}$."


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("response", "edits"),
    [
        (
            STORY,
            [
                ("48/2=24>>24", "48/2=26>>26"),
                ("48+24", "48+26"),
                ("=72>>72", "=74>>74"),
                ("#### 72", "#### 74"),
            ],
        ),
        (STORY, [("=72>>72", "=82>>82"), ("#### 72", "#### 82")]),
        (STORY, [("48+24 = <<48+24=72>>72", "48-24 = <<48-24=24>>24"), ("#### 72", "#### 24")]),
        (BOXED, [("12 + 5 = 17", "12 - 5 = 7"), ("boxed{17}", "boxed{7}")]),
        ("Ann has 3 cats. #### 3", [("3", "4")]),
    ],
)
def test_a_mistake_that_is_carried_through_agrees(
    response: str, edits: list[tuple[str, str]]
) -> None:
    assert disagreement(response, changed(response, *edits), 1) is None


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([("=24>>24", "=26>>24")], "shows two different results"),
        (
            [("=24>>24", "=26>>26"), ("=72>>72", "=75>>75"), ("#### 72", "#### 75")],
            "equations are false",
        ),
        ([("#### 72", "#### 75")], "no step leads to the final answer '75'"),
        ([("\n#### 72", "")], "the line with the final answer is gone"),
    ],
)
def test_a_mistake_that_is_not_carried_through_is_told(
    edits: list[tuple[str, str]], reason: str
) -> None:
    found = disagreement(STORY, changed(STORY, *edits), 1)
    assert found is not None
    assert reason in found


def test_each_mistake_asked_for_may_lie_in_an_equation() -> None:
    two = changed(STORY, ("=24>>24", "=26>>26"), ("=72>>72", "=75>>75"), ("#### 72", "#### 75"))
    assert disagreement(STORY, two, 2) is None


def test_rounding_is_no_false_equation() -> None:
    text = "10/3 = 3.33 each, 3.33*3 = 9.99\n#### 9.99"
    assert disagreement(text, text.replace("9.99", "9.9"), 1) is None


def test_the_stated_result() -> None:
    assert stated_result(STORY) == "72"
    assert stated_result(BOXED) == "17"
    assert stated_result("\\boxed{\\frac{1}{2}}") == "\\frac{1}{2}"
    assert stated_result("It is 5.") is None
