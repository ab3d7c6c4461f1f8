"""Checks that look at the texts: what they let pass, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from check_pairs import decision, pair
from seapo_cli.stages.checks.answer import FinalAnswer
from seapo_cli.stages.checks.base import Check
from seapo_cli.stages.checks.changed import Changed
from seapo_cli.stages.checks.commentary import Commentary
from seapo_cli.stages.checks.complete import Complete
from seapo_cli.stages.checks.edits import Edits
from seapo_cli.stages.checks.form import Form
from seapo_cli.stages.checks.language import Language
from seapo_cli.stages.checks.length import Length
from seapo_cli.stages.checks.refusal import Refusal
from seapo_cli.stages.checks.similarity import Similarity

LONG = "The Amazon is the largest river by discharge. It flows through Brazil, Peru and Colombia. "
CODE = "def add(a, b):\n    total = a + b\n    return total\n"
LOOP = "def last(items):\n    for item in items:\n        pass\n        return item\n"
NOTED = CODE.replace(":\n", ':\n    """Add.\n\n    Two numbers.\n    """\n', 1)
FENCED = f"Use this:\n```python\n{CODE}```\nThat is all."
LIST = "Steps:\n1. Boil water.\n2. Add rice.\n3. Wait.\n4. Serve.\n"
SOLVED = "48/2 = 24 in May.\n48+24 = 72 in all.\n#### 72"

CASES: list[tuple[Check, str, str, str]] = [
    # changed
    (Changed(), "It is 5 km.", "It is 6 km.", "pass"),
    (Changed(), "It is 5 km.", "It is\u00a0 5 km. ", "fail"),
    (Changed(), "It is 5 km.", "It is 5 km.\u200b", "fail"),
    (Changed(), "Café au lait", "Cafe\u0301 au lait", "fail"),
    (Changed(), "One, two. Three", "one two; three", "fail"),
    (Changed(), "x = Foo", "x = foo", "pass"),
    (Changed(), "return ' '.join(s)", "return ''.join(s)", "pass"),
    (Changed(), CODE, CODE.replace("\n", "\n\n"), "fail"),
    (Changed(), NOTED, NOTED.replace("\n", "  \n"), "fail"),
    (Changed(), LOOP, LOOP.replace("        return", "    return"), "pass"),
    # complete
    (Complete(), LONG, LONG.replace("Peru", "Chile"), "pass"),
    (Complete(), LONG, "", "fail"),
    (Complete(), LONG, LONG[:60], "fail"),
    (Complete(), LONG, LONG[:45], "fail"),
    (Complete(), LONG, "The Nile is the largest river by", "fail"),
    (Complete(), "Delhi", "Mumbai, the largest city of India", "pass"),
    (Complete(), "It is Delhi.", "Mumbai", "pass"),
    (Complete(), FENCED, FENCED.replace("```\nThat is all.", ""), "fail"),
    (Complete(), CODE, CODE.replace("    return total\n", ""), "fail"),
    (Complete(), "a\nb", "a\nc", "pass"),
    # refusal
    (Refusal(), "Yes.", "I'm sorry, but I can't help with that.", "fail"),
    (Refusal(), "Yes.", "I’m sorry, but I can’t help with that.", "fail"),
    (Refusal(), "I cannot help with that.", "I cannot help with this.", "pass"),
    (Refusal(), "He said he was sorry.", "He said he was not sorry.", "pass"),
    # commentary
    (Commentary(), "Yes.", "Here is the revised answer: No.", "fail"),
    (Commentary(), LONG, LONG + "\nNote: the first sentence is wrong.", "fail"),
    (Commentary(), "A typo is an error.", "A typo is no error.", "pass"),
    # language
    (Language(), LONG, "Der Amazonas ist der größte Fluss und fließt durch Peru.", "fail"),
    (Language(), LONG, "Амазонка самая большая река в мире.", "fail"),
    (Language(), "Амазонка самая большая река.", "It is the largest river of all.", "fail"),
    (Language(), "東京は日本の首都です。", "大阪は日本の首都です。", "pass"),
    (Language(), "東京は日本の首都です。", "大阪是日本的首都，人口很多。", "fail"),
    (Language(), LONG, LONG.replace("Peru", "Perú y el Ecuador"), "pass"),
    (Language(), "Delhi", "Es la capital de la India y no es una de las más grandes.", "fail"),
    # length
    (Length(), LONG, LONG * 3, "fail"),
    (Length(), LONG, LONG[:20], "fail"),
    (Length(), LONG, LONG + "It is long.", "pass"),
    (Length(), "Delhi", "Mumbai, which is the financial capital of India.", "skip"),
    # similarity
    (Similarity(), LONG, LONG.replace("largest", "smallest"), "pass"),
    (
        Similarity(),
        LONG,
        "Nobody knows why cats purr when they are stroked by somebody.",
        "fail",
    ),
    (Similarity(max=0.9), LONG, LONG.replace("Peru", "Chile"), "fail"),
    (Similarity(), "Delhi", "Mumbai", "skip"),
    # edits
    (Edits(max_count=2), "a b c d e", "x b y d e", "pass"),
    (Edits(max_count=2), "a b c d e", "x b y d z", "fail"),
    (Edits(min_position=0.5), LONG, "X" + LONG[1:], "fail"),
    # format
    (Form(), '{"a": 1}', '{"a": 2}', "pass"),
    (Form(), '{"a": 1}', '{"a": 2', "fail"),
    (Form(), "{not json}", "{nor this", "pass"),
    (Form(), CODE, CODE.replace("a + b", "a - b"), "pass"),
    (Form(), CODE, CODE.replace("a + b", "a + "), "fail"),
    (Form(), FENCED, FENCED.replace("a + b", "a - b"), "pass"),
    (Form(), FENCED, FENCED.replace("a + b", "a + "), "fail"),
    (Form(), FENCED, CODE, "fail"),
    (Form(), "```json\n[1]\n```", "```json\n[1\n```", "fail"),
    (Form(), LIST, LIST.replace("rice", "salt"), "pass"),
    (Form(), LIST, "Boil water, add rice, wait, serve.", "fail"),
    # answer
    (FinalAnswer(), SOLVED, SOLVED.replace("72", "74"), "pass"),
    (FinalAnswer(), SOLVED, SOLVED.replace("24 in", "26 in"), "pass"),
    (FinalAnswer(steps=False), SOLVED, SOLVED.replace("24 in", "26 in"), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("in May", "in June"), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("#### 72", ""), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("#### 72", "#### 72.0"), "fail"),
    (FinalAnswer(), r"So \boxed{\frac{1}{2}}", r"So \boxed{\frac{1}{3}}", "pass"),
    (FinalAnswer(), r"So \boxed{1,000}", r"Thus \boxed{1000}", "fail"),
    (FinalAnswer(), "The answer is (B).", "The answer is (C).", "pass"),
    (FinalAnswer(), "The answer is (B).", "Clearly, the answer is B.", "fail"),
    (FinalAnswer(), "B", "C", "pass"),
    (FinalAnswer(), "It is 3 + 4 = 7 apples.", "It is 3 + 4 = 8 apples.", "pass"),
    (FinalAnswer(), "A good answer is a tree.", "A good answer is a bush.", "skip"),
]


def name_of(case: Any) -> str:
    return f"{case[0].name}-{case[3]}-{case[2][:20]!r}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_decision(case: tuple[Check, str, str, str]) -> None:
    check, response, negative, expected = case
    assert decision(check, response, negative) == expected


def test_a_server_that_cut_the_negative_is_believed() -> None:
    for reason, expected in (("length", "fail"), ("content_filter", "fail"), ("stop", "pass")):
        error = {"type": "factual", "finish_reason": reason}
        assert decision(Complete(), LONG, LONG.replace("Peru", "Chile"), error=error) == expected


def test_a_translation_may_be_in_another_language_than_its_prompt() -> None:
    prompt = "Translate to Spanish: I want to go to the house of my mother."
    negative = "Quiero ir a la casa de mi padre en la ciudad."
    assert decision(Language(), "Hogar", negative, prompt=prompt) == "pass"


def test_a_style_mistake_may_leave_the_final_answer() -> None:
    changed = SOLVED.replace("in May", "in May, dude")
    for kind, expected in (("style", "skip"), ("factual", "fail"), ("mine", "fail")):
        assert decision(FinalAnswer(), SOLVED, changed, error={"type": kind}) == expected


def test_reasons_are_one_line_and_values_are_told() -> None:
    verdict = Length().verdict(pair(LONG, LONG * 3))
    assert verdict.dump()["value"] == 3.0
    assert "3.00 times" in verdict.dump()["reason"]
