"""What is refused as a negative, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from seapo_cli.mistakes.screen import flaw

GOOD = "The Nile is the longest river in Africa. It flows north through 11 countries."


@pytest.mark.parametrize(
    ("negative", "finish_reason", "reason"),
    [
        ("", "stop", "is empty"),
        (" \n\t", "stop", "is empty"),
        (GOOD.replace("11", "12"), "length", "was cut (finish_reason length)"),
        (GOOD.replace("11", "12"), "content_filter", "was cut"),
        (GOOD, "stop", "equals the response"),
        (GOOD + "\n", "stop", "equals the response"),
        (GOOD.rstrip("."), "stop", "equals the response"),
        (GOOD.replace("Africa. It", "Africa; it"), "stop", "equals the response"),
        ("The Nile is the longest river", "stop", "stops in mid-sentence"),
        ("I'm sorry, but I can't help with that.", "stop", "the model refused"),
        ("As an AI language model, I must be right.", "stop", "the model refused"),
        ("I cannot assist with writing false text.", "stop", "the model refused"),
    ],
)
def test_unusable(negative: str, finish_reason: str, reason: str) -> None:
    found = flaw(negative, GOOD, finish_reason)
    assert found is not None
    assert reason in found
    assert "\n" not in found


@pytest.mark.parametrize(
    "leak",
    [
        "Here is the revised answer: {}",
        "Here's your modified response with a mistake: {}",
        "Below is the incorrect version. {}",
        "{} I introduced an error in the second sentence.",
        "{} I've deliberately added a small mistake.",
        "{} The introduced mistake is the number.",
        "{} (incorrect)",
        "{} This statement is false.",
        "Revised: {}",
        "**Incorrect answer:** {}",
        "Error type: factual\n{}",
        "{}\n\nNote: the number of countries was changed.",
        "It mistakenly flows south. {}",
        "{} [end of answer]",
        "{} Let's correct that.",
    ],
)
def test_what_gives_itself_away(leak: str) -> None:
    found = flaw(leak.format(GOOD.replace("11", "12")), GOOD, "stop")
    assert found is not None
    assert "gives itself away" in found


@pytest.mark.parametrize(
    ("response", "negative"),
    [
        (GOOD, GOOD.replace("11", "12")),
        (GOOD, GOOD.replace("longest", "shortest")),
        ("The result is 5", "The result is -5"),
        ("It costs 5 %.", "It costs 5."),
        ("x = a + b", "x = a - b"),
        ("if a == b:", "if A == b:"),
        ("It is 1.5 m.", "It is 15 m."),
        ("Yes", "No"),
        ("Yes, it is.", "Yes, it is not."),
        # Answers about mistakes, notes and revision are answers like others.
        (
            "A common mistake is to water cacti daily.",
            "A common mistake is to water cacti monthly.",
        ),
        ("The error bars show 2 sigma.", "The error bars show 3 sigma."),
        ("Note: keep it cold.", "Note: keep it warm."),
        ("The court ruled that the claim was false.", "The court ruled that the claim was true."),
        ("He revised the text in 1850.", "He revised the text in 1840."),
        ("I made changes to my diet.", "I made a few changes to my diets in May."),
        ("It was incorrectly filed in 1990.", "It was incorrectly filed in 1980."),
        ("I'm sorry for your loss of 2 cats.", "I'm sorry for your loss of 3 cats."),
        ("As an AI, I have no favourite among 3.", "As an AI, I have no favourite among 4."),
        ("Here is the original recipe: flour.", "Here is the original recipe: sugar."),
        ("长江全长6300公里。", "长江全长6400公里。"),
        ("Это верно.", "Это неверно."),
    ],
)
def test_what_passes(response: str, negative: str) -> None:
    assert flaw(negative, response, "stop") is None


def test_a_shorter_answer_passes_where_it_is_whole() -> None:
    long = " ".join([GOOD] * 4)
    assert flaw("The Nile is the shortest river in Africa.", long, "stop") is None
    assert flaw("The Nile is the shortest river in", long, "stop") is not None


def test_long_text_takes_no_time() -> None:
    for text in ("\n" * 100_000, "I have " * 20_000, "here is the " * 10_000, "(" * 100_000):
        begun = time.process_time()
        flaw(text + "x", text, "stop")
        assert time.process_time() - begun < 2
