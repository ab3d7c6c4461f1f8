"""`seapo profile`: which mistakes a model's answers show."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from running import Seapo
from seapo_cli.engine.stage import Outcome
from seapo_cli.mistakes.error_types import load_error_types
from seapo_cli.rows import Completion, Request, read_row
from seapo_cli.stages.profile import Profile
from specimens import PROSE, PYTHON


def classified(row: dict[str, Any], reply: str, *names: str) -> tuple[Outcome, Profile, Request]:
    """One row through the stage, with a model that gives this reply."""
    asked: list[Request] = []

    async def complete(request: Request, _turn: int) -> Completion:
        asked.append(request)
        return Completion(text=reply)

    stage = Profile(load_error_types(names or ("factual", "logical", "bound")))
    gateway: Any = SimpleNamespace(complete=complete, model="judge")
    outcome = asyncio.run(stage.process(read_row(row), gateway))
    return outcome, stage, asked[0]


ROW = {"prompt": "Where does it rise?", "response": PROSE}


def test_the_kind_is_kept_and_counted() -> None:
    reply = 'So: {"mistake": "it rises in Peru", "kind": "Factual"}'
    outcome, stage, request = classified(ROW, reply)
    (row,) = outcome.rows
    assert row["profile"] == {"kind": "factual", "mistake": "it rises in Peru", "model": "judge"}
    assert stage.mix == "factual=1"
    assert request.schema is not None
    assert request.schema["properties"]["kind"]["enum"] == ["factual", "logical", "other", "none"]


def test_types_of_code_are_asked_about_code_only() -> None:
    row = {"prompt": "Write it.", "response": PYTHON}
    _, _, request = classified(row, '{"kind": "bound"}')
    assert "- bound: " in request.messages[0].content


def test_a_reference_is_shown() -> None:
    _, _, request = classified({**ROW, "reference": "In Peru."}, '{"kind": "none"}')
    assert "[right answer]\nIn Peru.\n" in request.messages[0].content
    _, _, request = classified(ROW, '{"kind": "none"}')
    assert "right answer" not in request.messages[0].content


@pytest.mark.parametrize("reply", ["", "{}", '{"kind": "typo"}', '{"kind": 3}'])
def test_a_reply_without_a_kind_fails_its_row_only(reply: str) -> None:
    outcome, stage, _ = classified(ROW, reply)
    assert [failure.reason for failure in outcome.failures] == [
        "the model named none of the kinds of mistakes"
    ]
    assert stage.summary_text() == "no mistakes found"


def test_the_mix_leaves_out_right_answers_and_can_be_merged() -> None:
    stage = Profile(load_error_types(["factual"]))
    stage.merge({"kinds": {"factual": 3, "none": 5, "other": 2}})
    stage.merge({"kinds": {"factual": 1, "logical": 2}})
    assert stage.mix == "factual=4,logical=2"
    assert stage.summary_text().splitlines()[-1] == "--mix factual=4,logical=2"


def test_the_command(seapo: Seapo) -> None:
    rows = [{"prompt": f"Question {n}?", "response": PROSE} for n in range(6)]
    result = seapo.run("profile", "--summary", "summary.json", stdin=rows)
    assert result.code == 0, result.stderr
    assert len(result.rows) == 6
    kinds = seapo.summary()["kinds"]
    assert sum(kinds.values()) == 6
    assert seapo.summary()["mix"] in result.stderr
