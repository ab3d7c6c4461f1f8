"""Rows to items, and what becomes of scores and answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from seapo_cli.completions import Completion, LogProb
from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.isolation.languages import interpreters
from seapo_cli.isolation.means import NoIsolationError, find_means
from seapo_cli.stages.evaluation.answers import Answers, AnswerSettings, completed, final_number
from seapo_cli.stages.evaluation.choices import (
    multiple_choice,
    truthfulqa_binary,
    truthfulqa_mc1,
    truthfulqa_mc2,
)
from seapo_cli.stages.evaluation.items import Item
from seapo_cli.stages.evaluation.pairs import pair_task
from seapo_cli.stages.evaluation.tasks import DataFiles, find_tasks

ARC = {"id": "a", "query": "Question: Which?", "choices": ["one", "a longer one"], "gold": 1}
TRUTHFUL = {
    "id": "t",
    "Question": "Why?",
    "Best Answer": "Because",
    "Correct Answers": "Because; It is so; Because",
    "Incorrect Answers": "Magic; Nobody knows;",
}
HUMANEVAL = {
    "id": "h",
    "prompt": 'import math\n\ndef half(x):\n    """Half of it."""\n',
    "entry_point": "half",
    "test": "def check(candidate):\n    assert candidate(4) == 2\n",
}


def read(item: Item, *scores: tuple[float, int]) -> dict[str, Any]:
    assert item.read is not None
    return item.read([LogProb(sum=total, tokens=count) for total, count in scores])


def checked(item: Item, text: str) -> dict[str, Any]:
    assert item.check is not None
    return asyncio.run(_checked(item, text))


async def _checked(item: Item, text: str) -> dict[str, Any]:
    assert item.check is not None
    return await item.check(Completion(text=text))


def test_multiple_choice_is_counted_as_by_the_harness() -> None:
    item = multiple_choice(ARC, 7)
    assert item.question is not None
    assert item.question.context == "Question: Which?\nAnswer:"
    assert item.question.answers == (" one", " a longer one")
    found = read(item, (-3.0, 1), (-6.0, 3))
    assert (found["right"], found["right_by_length"]) == (0, 1)  # 12 characters against 3
    assert found["margin"] == 1
    assert (found["picked"], found["gold"]) == (0, 1)


def test_a_query_that_asks_for_the_answer_is_left_as_it_is() -> None:
    item = multiple_choice(ARC | {"query": "Question: Which?\nA. x\nAnswer:"}, 1)
    assert item.question is not None
    assert item.question.context == "Question: Which?\nA. x\nAnswer:"


@pytest.mark.parametrize(
    "change", [{"gold": 2}, {"gold": True}, {"choices": ["one"]}, {"choices": None}, {"query": ""}]
)
def test_bad_multiple_choice(change: dict[str, Any]) -> None:
    with pytest.raises(RowError):
        multiple_choice(ARC | change, 1)


def test_truthfulqa() -> None:
    first, binary, second = (read_ for read_ in (truthfulqa_mc1, truthfulqa_binary, truthfulqa_mc2))
    asked = [make(TRUTHFUL, 1).question for make in (first, binary, second)]
    assert [one and one.answers for one in asked] == [
        (" Because", " Magic", " Nobody knows"),
        (" Because", " Magic"),
        (" Because", " It is so", " Magic", " Nobody knows"),
    ]
    assert read(first(TRUTHFUL, 1), (-1, 1), (-2, 1), (-9, 1))["right"] == 1
    equal = read(second(TRUTHFUL, 1), *[(-800.0, 1)] * 4)
    assert equal["score"] == 0.5  # not lost to underflow
    with pytest.raises(RowError, match="right and wrong"):
        second(TRUTHFUL | {"Incorrect Answers": ";"}, 1)


def test_pairs_of_several_formats_and_lines_that_are_none(tmp_path: Path) -> None:
    rows = [
        {"prompt": "p", "chosen": "good", "rejected": "bad", "error_type": "factual"},
        {"prompt": "p", "response": "good", "negative": "bad", "error": {"type": "logical"}},
        {"prompt": "q", "completion": "good", "label": True},
        {"prompt": "q", "chosen": "same", "rejected": "same"},
        "nonsense",
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    items = pair_task(str(file)).items
    assert [item.error for item in items] == [
        "",
        "",
        "judges a single answer: a pair needs chosen and rejected",
        "both sides are equal",
        "a row must be a JSON object",
    ]
    assert [item.line for item in items] == [1, 2, 3, 4, 5]
    assert items[0].cluster == items[1].cluster  # one prompt
    found = read(items[0], (-4.0, 4), (-3.0, 2))
    assert (found["right"], found["right_by_sum"], found["margin"]) == (1, 0, 0.5)
    assert read(items[0], (-1.0, 1), (-1.0, 1))["right"] == 0.5
    clustered = pair_task(str(file), "id").items
    assert "--cluster" in clustered[0].error


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("so 5 + 5 = 10.\n#### 10", "10"),
        ("#### $1,234.00", "1234"),
        ("It is 3.50 in all, the answer is 7.", "7"),
        ("#### -0.5", "-0.5"),
        ("#### 007", "7"),
        ("#### none, but 12", "12"),
        ("no number", None),
    ],
)
def test_final_numbers(text: str, number: str | None) -> None:
    assert final_number(text) == number


def test_gsm8k() -> None:
    row = {"id": "g", "question": "How many?", "answer": "2 + 2 = 4\n#### 4"}
    item = Answers(AnswerSettings()).gsm8k(row, 1)
    assert item.request is not None
    assert item.request.sampling.temperature == 0
    assert "How many?" in item.request.messages[0].content
    assert checked(item, "That makes 4.")["right"] == 1
    assert checked(item, "#### 5")["right"] == 0
    assert checked(item, "I do not know")["found"] is None


@pytest.mark.parametrize(
    ("code", "program"),
    [
        ("def half(x):\n    return x / 2\n", "import math\n\n\ndef half(x):\n    return x / 2\n"),
        ("    return x / 2\n", HUMANEVAL["prompt"] + "    return x / 2\n"),
    ],
)
def test_a_function_or_the_rest_of_it(code: str, program: str) -> None:
    assert completed(HUMANEVAL["prompt"], "half", code) == program


def test_code_is_run() -> None:
    try:
        find_means(interpreters())
    except NoIsolationError as error:
        pytest.skip(str(error))
    answers = Answers(AnswerSettings())
    item = answers.humaneval(HUMANEVAL, 1)
    good = "Here:\n```python\ndef half(x):\n    return math.floor(x / 2)\n```"
    bad = "```python\ndef half(x):\n    return x\n```"
    mbpp = answers.mbpp(
        {"prompt": "Write one.", "test_list": ["assert one() == 1"], "test_setup_code": ""}, 1
    )
    assert mbpp.request is not None
    assert "assert one() == 1" in mbpp.request.messages[0].content

    async def all_of_them() -> list[float]:
        asked = [(item, good), (item, bad), (mbpp, "```python\ndef one():\n    return 1\n```")]
        return [(await _checked(one, text))["right"] for one, text in asked]

    assert asyncio.run(all_of_them()) == [1, 0, 1]


def test_where_data_are_looked_for(tmp_path: Path) -> None:
    one = tmp_path / "eval_arc_challenge.jsonl"
    one.write_text(json.dumps(ARC) + "\n")
    settings = AnswerSettings()
    (task,) = find_tasks(["arc_challenge"], DataFiles.of([str(tmp_path)]), settings)
    assert [item.id for item in task.items] == ["a"]
    (task,) = find_tasks(["openbook_qa"], DataFiles.of([f"openbook_qa={one}"]), settings)
    assert len(task.items) == 1
    for names, data, told in (
        (["gsm8k"], [], "gsm8k needs a data file, none was given"),
        (["gsm8k"], [str(tmp_path)], "none named eval_gsm8k"),
        (["arc"], [str(tmp_path)], "arc_challenge"),
        (["arc_challenge"] * 2, [str(tmp_path)], "two tasks"),
        (["gsm8k"], ["nowhere"], "neither a folder"),
        (["gsm8k"], ["gsm9k=x"], "gsm8k"),
    ):
        with pytest.raises(UsageError, match=told):
            find_tasks(names, DataFiles.of(data), settings)
