"""Rewards of both sides: from a server, and from the process of a local model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from check_pairs import pair
from seapo_cli.checks import scorer
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.quantiles import Quantiles
from seapo_cli.checks.reward import Reward
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.rows import Keys
from seapo_cli.runners.shards import Shard, ShardReport
from seapo_cli.stages.filter import Filter


class Rewarded:
    """A gateway to a reward model that likes long answers."""

    model = "rm"

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def complete(self, request: Request, _priority: int) -> Completion:
        self.requests.append(request)
        return Completion(text="", reward=len(request.messages[-1].content) / 2)


def verdict(response: str, negative: str, check: Reward | None = None, **keys: Any) -> Verdict:
    gateway: Any = Rewarded()
    return asyncio.run((check or Reward()).verdict(pair(response, negative, **keys), gateway))


def test_the_response_has_to_lead() -> None:
    found = verdict("12345", "123")
    value = {"model": "rm", "chosen": 2.5, "rejected": 1.5, "margin": 1.0}
    assert found == Verdict("pass", value)
    assert verdict("123", "12345").reason == "the reward model scores the negative higher, by 1"
    assert verdict("123", "456").reason == "the reward model scores both answers the same"
    assert verdict("12345", "123", Reward(margin=1.0)).decision == "pass"
    found = verdict("12345", "123", Reward(margin=1.5))
    assert (found.decision, found.reason) == ("fail", "the response leads by 1 only")
    with pytest.raises(UsageError, match=r"--set reward\.margin"):
        Reward(margin=-1)
    with pytest.raises(UsageError, match=r"--set reward\.api"):
        Reward(api="rerank")


def test_each_side_is_asked_about_by_itself_with_the_whole_conversation() -> None:
    gateway: Any = Rewarded()
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    row = pair("good", "bad", prompt=turns, tools=[tool])  # type: ignore[arg-type]
    asyncio.run(Reward().verdict(row, gateway))
    for request, answer in zip(gateway.requests, ("good", "bad"), strict=True):
        roles = [(turn.role, turn.content) for turn in request.messages]
        assert roles == [("system", "s"), ("user", "u"), ("assistant", answer)]
        assert (request.reward, request.tools) == ("pooling", (tool,))


def test_score_takes_one_turn() -> None:
    score = Reward(api="score")
    assert verdict("12345", "123", score).decision == "pass"
    turns: Any = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    for keys in ({"prompt": turns}, {"tools": [{"name": "f", "parameters": {}}]}):
        with pytest.raises(RowError, match="one turn"):
            verdict("12345", "123", score, **keys)  # type: ignore[arg-type]


def test_the_summary_counts_and_has_the_distribution() -> None:
    check = Reward(margin=2)
    assert check.summary() == {}
    for negative in ("1234567", "123456", "1234", "1"):
        verdict("123456", negative, check)
    found = check.summary()
    assert found["pairs"] == {"behind": 1, "equal": 1, "too_little": 1, "ahead": 1}
    assert (found["of"], found["quantiles"]["0.5"]) == (4, 1.0)


def test_shards_give_the_summary_of_one_run() -> None:
    answers = ["1234567", "123456", "1234", "1"]
    whole, *parts = (filtered(some) for some in (answers, answers[:1], answers[1:]))
    merged = Filter([Reward(margin=2)], Keys())
    for part in parts:
        report = ShardReport(shard=Shard(path="a", name="a"), figures=dict(part.figures()))
        merged.merge(ShardReport.model_validate_json(report.model_dump_json()).figures)
    assert merged.summary() == whole.summary()
    assert merged.summary()["reward"]["of"] == 4


def filtered(negatives: list[str]) -> Filter:
    """A filter that has seen such pairs."""
    stage, gateway = Filter([Reward(margin=2)], Keys()), cast("Any", Rewarded())
    for negative in negatives:
        asyncio.run(stage.process(pair("123456", negative).row, gateway))
    return stage


def test_a_sample_of_samples_is_that_of_all() -> None:
    whole, one, other = Quantiles(), Quantiles(), Quantiles()
    for number in range(5000):
        row, value = pair("good", "bad", id=str(number)), float(number)
        for quantiles in (whole, one if number % 3 else other):
            quantiles.add(row, value)
    one.merge(other.sample)
    assert one.summary() == whole.summary()
    assert one.summary()["of"] == 2000


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What a program that stands in for the reward model's is asked."""
    monkeypatch.setitem(scorer.PROGRAMS, "reward", "fake_likelihood")
    monkeypatch.setattr(scorer, "_NEEDED", ())
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    return tmp_path / "asked"


def local(check: Reward, *pairs: tuple[str, str]) -> list[Verdict | BaseException]:
    """All at once, as a filter asks."""

    async def run() -> list[Verdict | BaseException]:
        sides = (pair(*sides, id=str(n)) for n, sides in enumerate(pairs))
        return await asyncio.gather(
            *(check.verdict(one, None) for one in sides), return_exceptions=True
        )

    try:
        return asyncio.run(run())
    finally:
        check.close()


def test_a_local_model_computes_each_pair_once(asked: Path, tmp_path: Path) -> None:
    for _ in range(2):
        check = Reward(scorer="some/model")
        check.keep_in(tmp_path / "store.sqlite")
        assert not check.asks_model
        found = local(check, *((f"{n}", f"{n} longer") for n in range(40)))
        assert [one.decision for one in found] == ["pass"] * 40  # type: ignore[union-attr]
    assert len(asked.read_text().splitlines()) == 40
    assert (check.summary()["computed"], check.summary()["from_store"]) == (0, 40)
    other = Reward(scorer="other/model")
    other.keep_in(tmp_path / "store.sqlite")
    local(other, ("0", "0 longer"))
    assert other.summary()["computed"] == 1


def test_what_is_too_long_fails_its_row_only(asked: Path) -> None:
    good, bad = local(Reward(scorer="m"), ("a", "bb"), ("a", "endless"))
    assert isinstance(good, Verdict)
    assert str(bad) == "reward: too long"
    assert asked.exists()


def test_a_model_that_ends_ends_all_that_waits(asked: Path) -> None:
    found = local(Reward(scorer="m"), *((f"{n}", "quit") for n in range(40)))
    assert all("ended; the line above says why" in str(one) for one in found)
    assert not asked.exists()


def test_what_was_being_computed_ends_with_the_run(asked: Path) -> None:
    """As at Ctrl-C: the filter's tasks are cancelled, and its checks closed."""
    check = Reward(scorer="m")

    async def run() -> None:
        waiting = asyncio.gather(*(check.verdict(pair(f"{n}", "hang"), None) for n in range(3)))
        while not asked.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(run())
    process = check._local._process._process
    assert process.poll() is None
    check.close()
    assert process.returncode is not None
