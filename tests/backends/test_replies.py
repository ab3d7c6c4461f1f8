"""What servers' replies mean."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from seapo_cli.backends.replies import Refusal, read_completion
from seapo_cli.backends.wire import Negotiation, body_of
from seapo_cli.errors import (
    BackendFatal,
    Overloaded,
    RequestRefused,
    Transient,
)
from seapo_cli.records import LogProb, Message, Request, Sampling

ASKED = Request((Message(role="user", content="x"),), Sampling(max_tokens=5, seed=1))


def reply(**choice: Any) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": None}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def test_a_completion() -> None:
    found = read_completion(reply(message={"content": "hi"}, finish_reason="stop"), "")
    assert (found.text, found.finish_reason, found.logprob) == ("hi", "stop", None)
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (7, 2)


def test_log_probabilities_are_added_up() -> None:
    content = [{"token": "h", "logprob": -0.5}, {"token": "i", "logprob": -0.25}]
    found = read_completion(reply(message={"content": "hi"}, logprobs={"content": content}), "")
    assert found.logprob == LogProb(sum=-0.75, tokens=2)


@pytest.mark.parametrize("data", [b"<html>secret", b"[]", b'{"choices": []}', b'{"choices": 1}'])
def test_what_is_no_completion_may_pass(data: bytes) -> None:
    with pytest.raises(Transient) as caught:
        read_completion(data, "secret")
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
    body = json.dumps({"error": {"message": "bad key secret\nline"}}).encode()
    error = Refusal(status, {}, body, "secret").error()
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
    assert Refusal(400, {}, body, "").message == text


def test_quota_used_up_is_no_overload() -> None:
    body = b'{"error": {"message": "no money", "code": "insufficient_quota"}}'
    assert type(Refusal(429, {}, body, "").error()) is BackendFatal


def test_retry_after() -> None:
    def wait(value: str) -> float | None:
        error = Refusal(429, {"Retry-After": value}, b"", "").error()
        assert isinstance(error, Overloaded)
        return error.retry_after

    assert (wait("7"), wait("-1"), wait("soon")) == (7, 0, None)
    assert wait(formatdate(time.time() + 60, usegmt=True)) == pytest.approx(60, abs=2)


def test_bodies_say_only_what_is_asked() -> None:
    assert body_of(Request(ASKED.messages), "m") == {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
    }
    request = Request(ASKED.messages, ASKED.sampling, schema={"type": "object"}, logprobs=True)
    body = body_of(request, "m")
    assert (body["max_tokens"], body["seed"], body["logprobs"]) == (5, 1, True)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_a_refused_parameter_is_left_out_or_renamed(capsys: pytest.CaptureFixture[str]) -> None:
    negotiation = Negotiation()
    body = body_of(ASKED, "m")
    message = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    assert negotiation.learn(message, "max_tokens", body)
    assert negotiation.learn("Unknown parameter: seed", None, body)
    assert not negotiation.learn("you asked for max_tokens=5000: too long", None, body)
    assert not negotiation.learn("Unknown parameter: user", None, body)
    applied = negotiation.apply(body_of(ASKED, "m"))
    assert applied.keys() == {"model", "messages", "max_completion_tokens"}
    assert len(capsys.readouterr().err.splitlines()) == 2
