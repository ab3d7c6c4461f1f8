"""Mistakes that the prompt alone refutes."""

from __future__ import annotations

import pytest

from check_pairs import decision
from seapo_cli.checks.given import Given

STORY = "Natalia sold 48 clips in April, and half as many in May. How many clips did she sell?"
WORKED = "She sold 48 clips in April and 48/2 = 24 clips in May, so 48 + 24 = 72 in all."
PASSAGE = "Read this. The gate was dedicated to Mercury by people of the Roman era. To whom was it?"


@pytest.mark.parametrize(
    ("prompt", "response", "negative", "expected"),
    [
        (STORY, WORKED, WORKED.replace("48", "58"), "fail"),
        (STORY, WORKED, WORKED.replace("24", "26").replace("72", "74"), "pass"),
        (STORY, WORKED, WORKED.replace("half", "a third"), "pass"),
        # A value that is worked out may be one of the prompt's by chance.
        (STORY, "Then 50 - 2 = 48 clips are left.", "Then 50 - 2 = 46 clips are left.", "pass"),
        # A step that is told anew has figures of its own.
        (STORY, "With 48 clips she can go.", "Of 50 clips two were lost, so she can go.", "pass"),
        (PASSAGE, "It was dedicated to Mercury.", "It was dedicated to Jupiter.", "fail"),
        ("Is Anna or Berta older?", "It is Anna.", "It is Berta.", "pass"),
        (
            "Where is US Route 1? In the United States?",
            "In the United States.",
            "In the US.",
            "pass",
        ),
        ("长江全长约6300公里，在哪里？", "长江6300公里长。", "长江6400公里长。", "pass"),
    ],
)
def test_numbers_and_names(prompt: str, response: str, negative: str, expected: str) -> None:
    error = {"type": "factual"}
    assert decision(Given(), response, negative, prompt=prompt, error=error) == expected


def test_types_about_the_prompt_are_spared() -> None:
    error = {"type": "misreading", "traits": ["against_prompt"]}
    assert (
        decision(Given(), WORKED, WORKED.replace("48", "58"), prompt=STORY, error=error) == "skip"
    )


def test_all_turns_count() -> None:
    prompt = [{"role": "user", "content": STORY}, {"role": "user", "content": "Explain it."}]
    error = {"type": "factual"}
    wrong = WORKED.replace("48", "58")
    assert decision(Given(), WORKED, wrong, prompt=prompt, error=error) == "fail"
