"""The faults that servers have been seen with, and those that somebody could think of."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hostile.fault_data import (
    BODIES,
    CHOICES,
    CHUNKS,
    ERRORS,
    FINISHES,
    HEADERS,
    LOGPROBS,
    MESSAGES,
    MODELS,
    PARAMETERS,
    PROMPT_LOGPROBS,
    REFUSALS,
    STATUS_LINES,
    TEXTS,
    USAGES,
    WAITS,
)
from hostile.fault_server import Act, Asked, Fault, Play, chat, reply

_GZIP, _ZLIB = 31, 15
"""Window bits of zlib."""


def _sends(*parts: bytes | float | Act) -> Play:
    return lambda _: iter(parts)


def _answers(**changes: Any) -> Play:
    """A good answer with some parts changed."""
    return lambda asked: iter([reply(chat(asked, **dict(changes)))])


def _good(asked: Asked) -> bytes:
    return json.dumps(chat(asked)).encode()


def _error(status: str, message: object = "no", headers: Mapping[str, str] | None = None) -> Play:
    return _sends(reply({"error": {"message": message}}, status, headers))


@cache
def _bomb(wbits: int, megabytes: int = 1500) -> bytes:
    """A good beginning and so many megabytes of spaces, compressed: to a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    start = packer.compress(b'{"choices": [') + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + megabytes * block  # blocks between full flushes know nothing of each other


def _refuses(name: str, status: str, body: object) -> Fault:
    def applies(asked: Asked) -> bool:
        found = asked.body.get("response_format")
        return isinstance(found, dict) and found.get("type") == "json_schema"

    return Fault(name, _sends(reply(body, status)), applies=applies, serves=True, heals=False)


def _refuses_part(name: str, part: str, status: str, body: object) -> Fault:
    play = _sends(reply(body, status))
    heals = part != "response_format"
    return Fault(name, play, applies=lambda asked: part in asked.body, serves=True, heals=heals)


def _endless(start: bytes, part: bytes) -> Play:
    def play(_: Asked) -> Iterator[bytes | float | Act]:
        yield start
        while True:
            yield part
            yield 0.0005

    return play


def _drip(data: bytes, seconds: float) -> Play:
    def play(_: Asked) -> Iterator[bytes | float | Act]:
        for place in range(len(data)):
            yield data[place : place + 1]
            yield seconds

    return play


def _wrong_answers() -> Iterator[Fault]:
    for name, usage in USAGES.items():
        yield Fault(f"usage {name}", _answers(usage=usage), everywhere=True)
    for name, text in TEXTS.items():
        yield Fault(f"text {name}", _answers(text=text), heals=False)
    for name, choices in CHOICES.items():
        yield Fault(f"choices {name}", _answers(choices=choices))
    for name, finish in FINISHES.items():
        heals = name not in ("length", "content_filter")
        yield Fault(f"finish {name}", _answers(choice={"finish_reason": finish}), heals=heals)
    for name, logprobs in LOGPROBS.items():
        yield Fault(f"logprobs {name}", _answers(choice={"logprobs": logprobs}), heals=False)
    for name, found in PROMPT_LOGPROBS.items():
        yield Fault(
            f"prompt logprobs {name}",
            _answers(prompt_logprobs=found),
            heals=False,
            applies=lambda asked: "prompt_logprobs" in asked.body,
        )
    for name, message in MESSAGES.items():
        yield Fault(f"message {name}", _answers(message=message), heals=False)


def _wrong_bytes() -> Iterator[Fault]:
    for name, body in BODIES.items():
        yield Fault(f"body {name}", _sends(reply(body)))
    for name, headers in HEADERS.items():
        yield Fault(
            f"header {name}",
            lambda asked, headers=headers: iter(
                [reply(_good(asked), headers={**headers, "Connection": "close"}), Act.HALF_CLOSE]
            ),
        )
    for name, head in STATUS_LINES.items():
        leads_away = name[:3] in ("301", "302", "307")  # who redirects one does so with all
        yield Fault(f"status line {name}", _sends(head, Act.HALF_CLOSE), fatal=leads_away)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for name, chunk in CHUNKS.items():
        yield Fault(f"chunks {name}", _sends(chunked + chunk, Act.HALF_CLOSE))
    yield Fault("gzip bomb", _sends(reply(_bomb(_GZIP), headers={"Content-Encoding": "gzip"})))
    yield Fault(
        "deflate bomb",
        _sends(reply(_bomb(_ZLIB), headers={"Content-Encoding": "deflate"})),
    )
    yield Fault(
        "gzip bomb in an error",
        _sends(reply(_bomb(_GZIP), "500 X", headers={"Content-Encoding": "gzip"})),
    )
    packed = gzip.compress(b'{"choices": []}')[:-6]
    yield Fault("cut gzip", _sends(reply(packed, headers={"Content-Encoding": "gzip"})))
    yield Fault("long error", _error("400 Bad Request", "x" * 5_000_000))
    yield Fault("endless body", _endless(chunked, b"10000\r\n" + b" " * 65536 + b"\r\n"))
    yield Fault("endless header", _endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 1000 + b"\r\n"))
    yield Fault("endless 100", _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))


def _wrong_ways() -> Iterator[Fault]:
    yield Fault("says nothing", _sends(Act.HOLD))
    yield Fault("closes at once", _sends(Act.HALF_CLOSE))
    yield Fault("resets", _sends(Act.RESET))
    yield Fault("resets in the head", _sends(b"HTTP/1.1 200 OK\r\nCont", Act.RESET))
    yield Fault("resets in the body", _sends(reply(b"{", length=50), Act.RESET))
    yield Fault("cut body", _sends(reply(b'{"choices": [', length=1000), Act.HALF_CLOSE))
    yield Fault("stalls in the body", _sends(reply(b'{"choices": [', length=1000), Act.HOLD))
    yield Fault("drips the head", _drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200, 0.3))
    yield Fault("drips the body", _sends_then_drips())
    yield Fault("answers twice", lambda asked: iter([2 * reply(_good(asked))]), serves=True)
    yield Fault("redirects to itself", _redirect(lambda asked: asked.path), fatal=True)
    yield Fault("redirects for ever", _redirect(lambda asked: asked.path + "x"), fatal=True)
    yield Fault(
        "redirects to a stranger",
        _redirect(lambda _: "http://127.0.0.1:1/v1/chat/completions"),
        fatal=True,
    )
    for status in ("400", "402", "404", "408", "409", "413", "418", "422", "500", "502", "529"):
        fatal = status in ("402", "404", "529")
        yield Fault(f"status {status}", _error(f"{status} No"), fatal=fatal)
    yield Fault(
        "HTML of a proxy",
        _sends(reply(b"<html><h1>502 Bad Gateway</h1></html>", "502 X", content_type="text/html")),
    )
    for name, body in ERRORS.items():
        yield Fault(f"error {name}", _sends(reply(body, "400 Bad Request")))


def _sends_then_drips() -> Play:
    def play(asked: Asked) -> Iterator[bytes | float | Act]:
        yield reply(b"", length=100)
        yield from _drip(b"{" + b" " * 99, 0.3)(asked)

    return play


def _redirect(where: Any) -> Play:
    return lambda asked: iter([reply(b"", "307 Temporary Redirect", {"Location": where(asked)})])


def _echoes() -> Iterator[Fault]:
    """The caller's key comes back, in every place."""
    for status in ("400", "401", "403", "404", "422", "429", "500", "503"):
        yield Fault(
            f"key in the error of a {status}",
            lambda asked, status=status: iter(
                [
                    reply(
                        {
                            "error": {
                                "message": f"bad key {asked.key}",
                                "param": asked.key,
                                "code": asked.key,
                                "type": asked.key,
                            }
                        },
                        f"{status} No",
                    )
                ]
            ),
            fatal=status in ("401", "403", "404", "429", "503"),
        )
    yield Fault("key in the body", lambda asked: iter([reply(asked.key.encode())]))
    yield Fault(
        "key in the status line",
        lambda asked: iter([f"HTTP/1.1 {asked.key} no\r\n\r\n".encode(), Act.HALF_CLOSE]),
    )
    yield Fault(
        "key in the reason",
        lambda asked: iter([reply({"error": "no"}, f"400 {asked.key}")]),
    )
    yield Fault(
        "key in a bad header",
        lambda asked: iter(
            [f"HTTP/1.1 200 OK\r\n{asked.key} \x01: x\r\n\r\n".encode(), Act.HALF_CLOSE]
        ),
    )
    yield Fault(
        "key in a long header",
        lambda asked: iter([reply(b"{}", headers={"X-Key": asked.key * 1000}), Act.HALF_CLOSE]),
    )
    yield Fault(
        "key in a length",
        lambda asked: iter([reply(b"{}", headers={"Content-Length": asked.key}), Act.HALF_CLOSE]),
    )
    yield Fault(
        "key in an encoding",
        lambda asked: iter([reply(b"{}", headers={"Content-Encoding": asked.key})]),
    )
    yield Fault(
        "key in a redirect", _redirect(lambda asked: f"http://127.0.0.1:1/{asked.key}"), fatal=True
    )
    bad = _redirect(lambda asked: f"http://{asked.key}:x/")
    yield Fault("key in a bad redirect", bad, fatal=True)
    yield Fault(
        "key in a completion",
        lambda asked: iter([reply(chat(asked, text=f"Your key is {asked.key}, is it not?"))]),
        heals=False,
    )
    yield Fault(
        "key in a finish reason",
        lambda asked: iter([reply(chat(asked, choice={"finish_reason": asked.key}))]),
        heals=False,
    )
    yield Fault(
        "key in chunks",
        lambda asked: iter(
            [
                f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{asked.key}\r\n".encode(),
                Act.HALF_CLOSE,
            ]
        ),
    )


def _models() -> Iterator[Fault]:
    for name, body in MODELS.items():
        yield Fault(f"models {name}", _sends(reply(body)), where="models")
    for status in ("401", "403", "404", "429", "500", "503"):
        yield Fault(f"models {status}", _error(f"{status} No"), where="models")
    yield Fault("models hang", _sends(Act.HOLD), where="models")
    yield Fault("models reset", _sends(Act.RESET), where="models")
    yield Fault("models drip", _sends_then_drips(), where="models")
    yield Fault(
        "models gzip bomb",
        _sends(reply(_bomb(_GZIP), headers={"Content-Encoding": "gzip"})),
        where="models",
    )
    yield Fault("models redirect", _redirect(lambda asked: asked.path), where="models")
    yield Fault(
        "models that are the key",
        lambda asked: iter([reply({"data": [{"id": asked.key}, {"id": "b"}]})]),
        where="models",
    )
    yield Fault(
        "models wait for ever",
        _error("429 Slow", headers={"Retry-After": "1e308"}),
        where="models",
    )


def _polite() -> Iterator[Fault]:
    for name, wait in WAITS.items():
        for status in ("429 Slow down", "503 Busy"):
            play = _error(status, "slow", {"Retry-After": wait})
            yield Fault(f"{status[:3]} wait {name}", play, fatal=True)


def _dialects() -> Iterator[Fault]:
    for name, (status, body) in REFUSALS.items():
        yield _refuses(f"schema refused: {name}", status, body)
    for name, (part, status, body) in PARAMETERS.items():
        yield _refuses_part(f"refused: {name}", part, status, body)
    no_formats = {"error": {"message": "response_format is not supported", "param": None}}
    yield _refuses_part(
        "any response_format refused", "response_format", "400 Bad Request", no_formats
    )


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for family in (
        _wrong_answers,
        _wrong_bytes,
        _wrong_ways,
        _echoes,
        _models,
        _polite,
        _dialects,
    )
    for fault in family()
}
