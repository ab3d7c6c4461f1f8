"""Plausibility from a server's prompt log-probabilities, and from the scorer's process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from check_pairs import pair
from seapo_cli.backends.replies import read_completion
from seapo_cli.backends.wire import Dialect
from seapo_cli.checks import scorer
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.plausibility import Plausibility
from seapo_cli.completions import Completion, Request, Usage
from seapo_cli.exceptions import RowError, SeapoError
from seapo_cli.messages import Message


class Scored:
    """A gateway for a prompt of 5 tokens, with an answer's log-probabilities by its text."""

    def __init__(self, **answers: list[float]) -> None:
        self._answers = answers

    async def complete(self, request: Request, _turn: int) -> Completion:
        usage = Usage(prompt_tokens=5)
        if not request.scored:
            return Completion(text="", usage=usage)
        found = (-9.0,) * 4 + tuple(self._answers[request.messages[-1].content])
        return Completion(text="", usage=usage, prompt_logprobs=found)


def verdict(gateway: Any, **options: float) -> Verdict:
    return asyncio.run(Plausibility(**options).verdict(pair("good", "bad"), gateway))


def test_the_difference_of_the_means() -> None:
    found = verdict(Scored(good=[-1.0, -2.0], bad=[-3.0, -1.0, -2.0]))
    assert (found.decision, found.value) == ("pass", -0.5)
    assert found.dump()["means"] == {"response": -1.5, "negative": -2.0}


def test_outlandish_and_too_probable_negatives() -> None:
    found = verdict(Scored(good=[-1.0], bad=[-4.0]))
    assert found.decision == "fail"
    assert found.dump()["means"] == {"response": -1.0, "negative": -4.0}
    assert verdict(Scored(good=[-1.0], bad=[-4.0]), min=-3.5).decision == "pass"
    assert verdict(Scored(good=[-4.0], bad=[-1.0]), max=1.0).decision == "fail"


def test_an_answer_without_tokens_is_a_failure() -> None:
    with pytest.raises(RowError, match="no token"):
        verdict(Scored(good=[], bad=[-1.0]))


def test_the_summary_tells_the_quantiles() -> None:
    check = Plausibility()
    assert check.summary() == {}
    for number in range(100):
        row = pair("good", "bad", id=str(number))
        gateway: Any = Scored(good=[0.0], bad=[-number / 100])
        asyncio.run(check.verdict(row, gateway))
    assert check.summary()["of"] == 100
    assert check.summary()["quantiles"]["0.5"] == pytest.approx(-0.49)


def test_what_is_sent_to_vllm_and_read_from_it() -> None:
    turns = (Message(role="user", content="q"), Message(role="assistant", content="a"))
    body = Dialect("", "m", {}).body(Request(turns, scored=True))
    assert body["prompt_logprobs"] == 0
    assert body["continue_final_message"]
    assert not body["add_generation_prompt"]
    reply = b"""{"choices": [{"message": {"content": " x"}, "finish_reason": "length"}],
        "prompt_logprobs": [null, {"7": {"logprob": -1.5, "rank": 2}}, {"8": {"logprob": -2}}]}"""
    assert read_completion(reply).prompt_logprobs == (-1.5, -2.0)


def test_the_scorers_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program in its place that answers by the length of the words."""
    monkeypatch.setitem(scorer.PROGRAMS, "log-likelihood", "fake_likelihood")
    monkeypatch.setattr(scorer, "_NEEDED", ())
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    check = Plausibility(scorer="some/model")
    assert not check.asks_model
    assert asyncio.run(check.verdict(pair("good", "bad"), None)).value == 1.0
    with pytest.raises(RowError, match="too long"):
        asyncio.run(check.verdict(pair("good", "endless"), None))
    with pytest.raises(SeapoError, match="line above"):
        asyncio.run(check.verdict(pair("good", "quit"), None))


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "_NEEDED", ("no_such_module",))
    with pytest.raises(SeapoError, match="pip install"):
        asyncio.run(Plausibility(scorer="x").verdict(pair("good", "bad"), None))
