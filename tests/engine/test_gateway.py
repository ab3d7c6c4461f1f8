"""The way to a model: what is stored, shared, asked again, and when a run is given up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from seapo_cli.backends.base import Backend, request_key
from seapo_cli.completions import Completion, Request, Sampling, Usage
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import (
    AskOtherwise,
    BackendFatal,
    Overloaded,
    RequestRefused,
    RowError,
)
from seapo_cli.messages import Message
from seapo_cli.options import EngineSettings

Answer = Callable[[Request], Completion]


class Planned(Backend):
    """A backend that answers as planned, after a moment."""

    endpoint, model, concurrency, writes_well = "planned", "m", 4, True

    def __init__(self, answer: Answer, seconds: float = 0.0, **extra: Any) -> None:
        self.answer, self.seconds, self.extra = answer, seconds, extra
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Completion:
        self.asked.append(request)
        await asyncio.sleep(self.seconds)
        return self.answer(request)

    async def close(self) -> None:
        pass


def ask(text: str) -> Request:
    return Request((Message(role="user", content=text),), Sampling(max_tokens=9))


def good(_: Request) -> Completion:
    return Completion(text="fine", finish_reason="stop", usage=Usage(completion_tokens=2))


def thought(_: Request) -> Completion:
    return Completion(text="", finish_reason="length", usage=Usage(completion_tokens=99))


def refuse(_: Request) -> Completion:
    raise RequestRefused("HTTP 400: no")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 60))


def gateway(backend: Planned, store: Store | None = None, **settings: Any) -> Gateway:
    values = {"store": None, "retries": 0} | settings
    return Gateway(backend, store, EngineSettings(**values), Tally())


def asked_all(door: Gateway, *texts: str) -> list[Completion | BaseException]:
    async def work() -> Any:
        asked = [door.complete(ask(text), turn) for turn, text in enumerate(texts)]
        return await asyncio.gather(*asked, return_exceptions=True)

    found: list[Completion | BaseException] = run(work())
    return found


def test_refused_rows_among_stored_answers_do_not_end_the_run(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        known = [f"known {number}" for number in range(30)]
        asked_all(gateway(Planned(good), store), *known)
        refused = [f"refused {number}" for number in range(30)]
        found = asked_all(gateway(Planned(refuse), store), *refused, *known)
        assert [type(one) for one in found] == [RowError] * 30 + [Completion] * 30
        assert isinstance(asked_all(gateway(Planned(refuse)), *refused)[-1], BackendFatal)


@pytest.mark.parametrize("damage", ['{"text": ', "[]", '{"text": 5}', "", "\ufffd"])
def test_a_damaged_stored_answer_is_asked_for_again(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        asked_all(gateway(Planned(good), store), "a")
        with sqlite3.connect(path) as other:
            other.execute("UPDATE answers SET answer = ?", (damage,))
        backend = Planned(good)
        for _ in range(2):
            assert asked_all(gateway(backend, store), "a") == [good(ask("a"))]
        assert len(backend.asked) == 1


def test_further_fields_are_part_of_the_key() -> None:
    keys = {
        request_key(Planned(good, **extra), ask("a"))
        for extra in ({}, {"top_k": 1}, {"top_k": 2}, {"reasoning_effort": "low"})
    }
    assert len(keys) == 4
    one, other = Planned(good, a=1, b=2), Planned(good, b=2, a=1)
    assert request_key(one, ask("a")) == request_key(other, ask("a"))


def test_an_answer_that_is_all_thought_is_paid_once(tmp_path: Path) -> None:
    backend = Planned(thought)
    with Store(tmp_path / "store.sqlite") as store:
        for _ in range(3):
            (found,) = asked_all(gateway(backend, store), "a")
            assert isinstance(found, RowError)
            assert "finish_reason: length" in str(found)
    assert len(backend.asked) == 1


def test_a_model_that_only_thinks_is_given_up() -> None:
    backend = Planned(thought)
    found = asked_all(gateway(backend), *map(str, range(60)))
    assert isinstance(found[-1], BackendFatal)
    assert len(backend.asked) < 30


def test_requests_sent_again_in_another_form_are_counted() -> None:
    def learns(request: Request) -> Completion:
        if request.room is None:
            raise AskOtherwise(Request(request.messages, room=7), Usage(completion_tokens=50))
        return good(request)

    backend = Planned(learns)
    door = gateway(backend)
    (found,) = asked_all(door, "a")
    assert isinstance(found, Completion)
    assert found.usage.completion_tokens == 52
    tally = door._tally
    assert (tally.requests_sent, tally.retries, tally.usage.completion_tokens) == (2, 0, 52)


def test_the_twin_of_a_request_sees_the_same_exception() -> None:
    def fails(_: Request) -> Completion:
        raise ZeroDivisionError("a mistake of ours")

    found = asked_all(gateway(Planned(fails, 0.01)), "a", "a")
    assert [type(one) for one in found] == [ZeroDivisionError] * 2


def test_what_another_run_has_paid_for_is_taken(tmp_path: Path) -> None:
    """Two runs at once over the same rows pay for nothing twice."""
    path = tmp_path / "store.sqlite"
    texts = [str(number) for number in range(60)]
    one, other = Planned(good, 0.01), Planned(good, 0.01)

    async def work() -> Any:
        with Store(path) as store, Store(path) as same:
            doors = [gateway(one, store, concurrency=4), gateway(other, same, concurrency=4)]
            asked = [doors[0].complete(ask(text), turn) for turn, text in enumerate(texts)]
            asked += [doors[1].complete(ask(text), -turn) for turn, text in enumerate(texts)]
            return await asyncio.gather(*asked)

    assert len(run(work())) == 2 * len(texts)
    assert len(one.asked) + len(other.asked) == len(texts)


@pytest.mark.parametrize("wait", [None, 0.0, 0.001])
def test_a_server_that_asks_for_no_pause_is_not_stormed(wait: float | None) -> None:
    def overloaded(_: Request) -> Completion:
        raise Overloaded("HTTP 429: slow down", wait)

    backend = Planned(overloaded)
    found = asked_all(gateway(backend, patience=3.0), *map(str, range(30)))
    assert isinstance(found[0], BackendFatal)
    assert len(backend.asked) < 40
