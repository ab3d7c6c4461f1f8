"""What servers' replies mean."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import orjson
import pytest

from seapo_cli.backends.replies import Refusal, read_completion
from seapo_cli.backends.wire import Dialect
from seapo_cli.completions import LogProb, Request, Sampling, Usage
from seapo_cli.exceptions import (
    BackendFatal,
    Overloaded,
    RequestRefused,
    Transient,
)
from seapo_cli.messages import Message
from seapo_cli.text.safe import hide

ASKED = Request((Message(role="user", content="x"),), Sampling(max_tokens=5, seed=1))


def reply(**choice: Any) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": None}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def test_a_completion() -> None:
    found = read_completion(reply(message={"content": "hi"}, finish_reason="stop"))
    assert (found.text, found.finish_reason, found.logprob) == ("hi", "stop", None)
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (7, 2)


def test_log_probabilities_are_added_up() -> None:
    content = [{"token": "h", "logprob": -0.5}, {"token": "i", "logprob": -0.25}]
    found = read_completion(reply(message={"content": "hi"}, logprobs={"content": content}))
    assert found.logprob == LogProb(sum=-0.75, tokens=2)


@pytest.mark.parametrize(
    "data", [b"<html>sk-secret1", b"[]", b'{"choices": []}', b'{"choices": 1}']
)
def test_what_is_no_completion_may_pass(data: bytes) -> None:
    hide("sk-secret1")
    with pytest.raises(Transient) as caught:
        read_completion(data)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (401, BackendFatal),
        (404, BackendFatal),
        (408, Transient),
        (422, RequestRefused),
        (429, Overloaded),
        (500, Transient),
        (503, Overloaded),
    ],
)
def test_a_status_is_an_error_of_its_kind(status: int, kind: type) -> None:
    hide("sk-secret1")
    body = json.dumps({"error": {"message": "bad key sk-secret1\nline"}}).encode()
    error = Refusal(status, {}, body).error()
    assert type(error) is kind
    assert str(error).startswith(f"HTTP {status}: bad key *** line")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"plain", "plain"),
        (b'"text"', "text"),
        (b'{"detail": "other form"}', "other form"),
        (b'{"error": "short form"}', "short form"),
        (b"x" * 1000, "x" * 300 + "..."),
    ],
)
def test_forms_of_errors(body: bytes, text: str) -> None:
    assert Refusal(400, {}, body).message == text


def test_quota_used_up_is_no_overload() -> None:
    body = b'{"error": {"message": "no money", "code": "insufficient_quota"}}'
    assert type(Refusal(429, {}, body).error()) is BackendFatal


def test_retry_after() -> None:
    def wait(value: str) -> float | None:
        error = Refusal(429, {"Retry-After": value}, b"").error()
        assert isinstance(error, Overloaded)
        return error.retry_after

    assert wait("7") == 7
    asks_nothing = ["0", "-1", "soon", "nan", "inf", "Fri, 31 Dec 99999 23:59:59 GMT", "1e999"]
    asks_nothing += ["Thu, 01 Jan 1970 00:00:00 GMT", "99 Foo 2026", ""]
    assert [wait(value) for value in asks_nothing] == [None] * len(asks_nothing)
    assert wait(formatdate(time.time() + 60, usegmt=True)) == pytest.approx(60, abs=2)


def test_bodies_say_only_what_is_asked() -> None:
    dialect = Dialect("http://here/v1", "m", {})
    assert dialect.body(Request(ASKED.messages)) == {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
    }
    request = Request(ASKED.messages, ASKED.sampling, schema={"type": "object"}, logprobs=True)
    body = dialect.body(request)
    assert (body["max_tokens"], body["seed"], body["logprobs"]) == (5, 1, True)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 2**63, "completion_tokens": -5},
        {"prompt_tokens": "7", "completion_tokens": None},
        {"prompt_tokens": 0, "prompt_tokens_details": {"cached_tokens": 9}},
        {"prompt_tokens_details": [], "completion_tokens_details": "x"},
        {"completion_tokens": 1e300, "completion_tokens_details": {"reasoning_tokens": -1}},
        [],
        "none",
    ],
)
def test_figures_that_cannot_be_are_none(usage: Any) -> None:
    data = json.dumps({"choices": [{"message": {"content": "hi"}}], "usage": usage}).encode()
    found = read_completion(data)
    assert (found.text, found.usage) == ("hi", Usage())
    assert found.thought_tokens in (None, 0)
    orjson.dumps(found.model_dump())


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": "hi"}, "finish_reason": {"odd": 1}},
        {"message": {"content": [{"type": "text", "text": "hi"}, None, 7, {"text": 8}]}},
        {"message": {"content": "hi", "reasoning": 7, "reasoning_content": ["x"]}},
        {"message": {"content": None, "refusal": "hi"}},
    ],
)
def test_odd_parts_of_an_answer_do_not_spoil_it(choice: Any) -> None:
    found = read_completion(json.dumps({"choices": [choice]}).encode())
    assert (found.text, found.finish_reason) == ("hi", None)


@pytest.mark.parametrize(
    "data",
    [
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {"content": "\\ud800"}}]}',
        b'{"choices": [{"message": {}, "logprobs": {"content": [{}]}}]}',
        b'{"choices": [{"message": {}}], "prompt_logprobs": [null, {"1": {}}]}',
        b'{"choices": [{"message": {}}], "prompt_logprobs": [{"1": {"logprob": "x"}}]}',
        b'{"error": "in a good answer"}',
        b"[" * 2000,
    ],
)
def test_an_answer_that_cannot_be_read_may_pass(data: bytes) -> None:
    with pytest.raises(Transient):
        read_completion(data)
