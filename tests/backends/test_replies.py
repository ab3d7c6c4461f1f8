"""What servers' replies mean."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from seapo_cli.backends.replies import Refusal, read_completion
from seapo_cli.backends.wire import Dialect
from seapo_cli.errors import (
    BackendFatal,
    Overloaded,
    RequestRefused,
    Transient,
)
from seapo_cli.records import LogProb, Message, Request, Sampling
from seapo_cli.safe_text import hide

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
