"""`--mode auto`: a model shows what it can do."""

from __future__ import annotations

import asyncio

import pytest

from planned import Answer, drive, proposal, says
from seapo_cli.exceptions import RowError
from seapo_cli.mistakes.base import Injection, Steps
from seapo_cli.mistakes.trial import chosen_mode

ABLE = (
    proposal(
        ("=48>>48", "=46>>46"),
        ("48-9 = <<48-9=39>>39", "46-9 = <<46-9=37>>37"),
        ("#### 39", "#### 37"),
    ),
    proposal(("n % 2 == 0", "n % 2 == 1")),
    proposal(("about 27 days", "about 31 days")),
)


def mode(answer: Answer) -> str:
    async def driven(steps: Steps) -> Injection:
        return drive(steps, answer).injection

    return asyncio.run(chosen_mode(driven, "some-model"))


def test_a_model_that_proposes(capsys: pytest.CaptureFixture[str]) -> None:
    assert mode(says(*ABLE)) == "propose"
    assert "some-model proposed usable mistakes for 2 of 2 trial answers: --mode propose" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["I would rather talk.", proposal(("27", "27")), "{}"])
def test_a_model_that_cannot(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mode(says(text)) == "menu"
    assert "0 of 2 trial answers: --mode menu" in capsys.readouterr().err


def test_the_third_answer_decides() -> None:
    assert mode(says(ABLE[0], "no", ABLE[2])) == "propose"
    assert mode(says(ABLE[0], "no", "no")) == "menu"


def test_answers_that_never_come() -> None:
    async def refused(_: Steps) -> Injection:
        raise RowError("400")

    assert asyncio.run(chosen_mode(refused, "m")) == "menu"
