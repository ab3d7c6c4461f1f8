"""The mock server does what the tests that lean on it believe."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

import pytest

from servers import Behaviour, Fault, Kind, Server


def ask(server: Server, text: str = "hello", **extra: Any) -> tuple[int, dict[str, Any]]:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **extra}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=0.5)
    try:
        headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, dict(response.headers) | json.loads(response.read())
    finally:
        connection.close()


def text_of(answer: tuple[int, dict[str, Any]]) -> str:
    status, body = answer
    assert status == 200
    text: str = body["choices"][0]["message"]["content"]
    return text


def test_answers_are_a_function_of_the_body(server: Server) -> None:
    assert text_of(ask(server)) == text_of(ask(server))
    assert text_of(ask(server)) != text_of(ask(server, seed=1))


def test_echo_raises_the_first_number(server: Server) -> None:
    server.set(Behaviour(echo=r"Row \d+ [a-z]+"))
    assert text_of(ask(server, "Example: Row 1 no. Answer: Row 7 yes")) == "Row 8 yes"


def test_token_limit_is_honoured(server: Server) -> None:
    _, body = ask(server, max_tokens=2)
    assert body["choices"][0]["finish_reason"] == "length"
    assert len(body["choices"][0]["message"]["content"].split()) == 2
    assert body["usage"]["completion_tokens"] == 2
    assert body["usage"]["prompt_tokens_details"]["cached_tokens"] >= 0


def test_schema_is_satisfied(server: Server) -> None:
    part = {"type": "string", "pattern": "^[0-9]{1,3}$"}
    edit = {"type": "object", "properties": {"original": {"const": "a"}, "replacement": part}}
    schema = {"type": "array", "minItems": 2, "items": {"anyOf": [edit, edit]}}
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    edits = json.loads(text_of(ask(server, response_format=wanted)))
    assert [e["original"] for e in edits] == ["a", "a"]
    assert all(e["replacement"].isdigit() for e in edits)


def test_log_tells_what_arrived(server: Server) -> None:
    begun = time.monotonic()
    for text in ("one", "one", "two"):
        ask(server, text)
    log = server.log()
    assert sorted(log.attempts().values()) == [1, 2]
    assert len(log.answered()) == 2
    assert not log.answered(before=begun)
    assert all(begun < e.arrived < (e.sent or 0) < time.monotonic() for e in log.entries)


def test_peak_and_waiting(server: Server) -> None:
    server.set(Behaviour(latency=0.1))
    threads = [threading.Thread(target=ask, args=(server, str(i))) for i in range(3)]
    for thread in threads:
        thread.start()
    server.wait(3)
    assert server.log().peak == 3
    for thread in threads:
        thread.join()


def test_overload(server: Server) -> None:
    server.set(Behaviour(most_open=0))
    assert ask(server)[0] == 429


def test_fault_for_first_attempts_of_each_request(server: Server) -> None:
    server.set(Behaviour(faults=(Fault("status", 429, retry_after=2, first=1),)))
    status, body = ask(server, "a")
    assert (status, body["Retry-After"]) == (429, "2")
    assert "Bearer key" in body["error"]["message"]
    assert [ask(server, "b")[0], ask(server, "b")[0], ask(server, "a")[0]] == [429, 200, 200]


def test_fault_for_a_marker_a_total_or_a_parameter(server: Server) -> None:
    server.set(Behaviour(faults=(Fault("status", 400, marker="ä bad"), Fault("status", total=1))))
    assert [ask(server, t)[0] for t in ("ä bad", "x", "x", "ä bad")] == [400, 500, 200, 400]
    server.set(Behaviour(faults=(Fault("refuse", parameter="seed"),)))
    status, body = ask(server, seed=1)
    assert status == 400
    assert "seed" in body["error"]["message"]
    assert ask(server)[0] == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("disconnect", http.client.RemoteDisconnected),
        ("cut", http.client.IncompleteRead),
        ("short", http.client.IncompleteRead),
        ("malformed", json.JSONDecodeError),
        ("hang", TimeoutError),
        ("hollow", AssertionError),
    ],
)
def test_broken_answers(server: Server, kind: Kind, error: type[Exception]) -> None:
    server.set(Behaviour(faults=(Fault(kind, first=1),)))
    with pytest.raises((error, ConnectionResetError)):
        assert ask(server)[1]["choices"]
    assert not server.log().answered()
    assert text_of(ask(server))
    assert len(server.log().answered()) == 1
