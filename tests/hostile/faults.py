"""The faults that servers have been seen with, and those that somebody could think of."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hostile.fault_server import Act, Asked, Fault, Play, chat, reply

BIG = 2**63
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


# Answers that are whole and wrong in one place.
USAGES: dict[str, object] = {
    "2^63": {"prompt_tokens": BIG, "completion_tokens": BIG},
    "2^64": {"prompt_tokens": 2**64, "completion_tokens": 2**64},
    "cached over none": {"prompt_tokens": 0, "prompt_tokens_details": {"cached_tokens": 5}},
    "negative": {"prompt_tokens": -5, "completion_tokens": -7},
    "negative cached": {"prompt_tokens_details": {"cached_tokens": -1}},
    "huge float": {"prompt_tokens": 1e308},
    "half": {"prompt_tokens": 1.5},
    "text": {"prompt_tokens": "many"},
    "list": {"prompt_tokens": [1]},
    "none": None,
    "is a list": [1, 2],
    "is a number": 7,
    "details are a list": {"prompt_tokens_details": [1]},
    "details are text": {"prompt_tokens_details": "none"},
    "true": {"prompt_tokens": True},
}
TEXTS: dict[str, object] = {
    "lone surrogate": "fine \ud800 so far",
    "lone low surrogate": "\udfff",
    "nul": "a\0b",
    "escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m",
    "right to left": "\u202eabc\u2066\u200f",
    "half a megabyte": "word " * 100_000,
    "empty": "",
    "blank": " \n\t ",
    "parts": [{"type": "text", "text": "hello"}],
    "number": 5,
    "object": {"text": "hello"},
    "true": True,
    "JSON of a number": '{"edit": 5, "worse": 5, "by": "x"}',
    "JSON of nulls": '{"edit": null, "worse": null, "by": null, "mistake_a": null}',
    "JSON list": "[]",
    "JSON deep": "[" * 5000 + "]" * 5000,
    "JSON open": '{"edit": {"edit": {"edit"',
    "JSON surrogate": '{"edit": "\\ud800", "mistake_a": "\\ud800", "worse": "A", "by": 2}',
    "JSON huge number": '{"edit": "1: x", "by": 1' + "0" * 5000 + ', "worse": "A"}',
    "JSON NaN": '{"by": NaN, "worse": "A", "mistake_a": "a", "mistake_b": "b"}',
    "many braces": "{" * 20_000,
    "thinking only": "<think>" + "hmm " * 50,
    "newlines": "\r\n\u2028\u2029\x85\x0b\x0c",
    "unassigned": "\uffff\U0010ffff\ufffe",
}
CHOICES: dict[str, object] = {
    "missing": None,
    "empty": [],
    "null in it": [None],
    "number in it": [1],
    "object": {"message": {"content": "x"}},
    "text": "none",
    "message null": [{"message": None}],
    "message list": [{"message": []}],
    "message text": [{"message": "hello"}],
    "no message": [{}],
    "a stream's delta": [{"delta": {"content": "x"}}],
}
FINISHES: dict[str, object] = {
    "null": None,
    "number": 5,
    "object": {"reason": "stop"},
    "list": ["stop"],
    "surrogate": "\ud800",
    "length": "length",
    "content_filter": "content_filter",
    "huge": "x" * 100_000,
    "escapes": "\x1b[31m",
}
LOGPROBS: dict[str, object] = {
    "empty": {},
    "no content": {"content": None},
    "hollow": {"content": [{}]},
    "text": {"content": [{"logprob": "x"}]},
    "infinite": {"content": [{"logprob": 1e308}, {"logprob": 1e308}]},
    "list": [1],
    "number": 3,
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "white": b" \n ",
    "null": b"null",
    "number": b"5",
    "list": b"[]",
    "text": b'"x"',
    "HTML": b"<html><body><h1>Welcome to nginx!</h1></body></html>",
    "cut": b'{"choices": [{"mess',
    "stream": b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: [DONE]\n\n',
    "two objects": b'{"a": 1}{"a": 2}',
    "UTF-16": '{"choices": []}'.encode("utf-16"),
    "no UTF-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "deep": b"[" * 200_000,
    "long number": b'{"choices": ' + b"9" * 20_000 + b"}",
    "NaN": b'{"choices": NaN}',
    "error in a 200": b'{"error": {"message": "overloaded", "code": 500}}',
    "error text in a 200": b'{"error": "overloaded"}',
    "nul bytes": b"\0" * 1000,
}
HEADERS: dict[str, dict[str, str]] = {
    "HTML by type": {"Content-Type": "text/html"},
    "unknown charset": {"Content-Type": "application/json; charset=utf-99"},
    "UTF-7": {"Content-Type": "application/json; charset=utf-7"},
    "no gzip": {"Content-Encoding": "gzip"},
    "unknown encoding": {"Content-Encoding": "rot13"},
    "brotli": {"Content-Encoding": "br"},
    "zstd": {"Content-Encoding": "zstd"},
    "negative length": {"Content-Length": "-5"},
    "length of text": {"Content-Length": "many"},
    "huge length": {"Content-Length": "9" * 30},
    "long header": {"X-Long": "x" * 100_000},
    "many headers": {f"X-{n}": "x" for n in range(3000)},
    "cookie": {"Set-Cookie": "a=b; Domain=.."},
    "two lengths": {"content-length": "3"},
}
STATUS_LINES: dict[str, bytes] = {
    "999": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "099": b"HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n",
    "a word": b"HTTP/1.1 OK OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP 0.9": b"hello",
    "HTTP 3.7": b"HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "nothing": b"\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "206": b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\n{}",
    "304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    "301 to nowhere": b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
    "302 to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "307 to a bad port": b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:99999/\r\n"
    b"Content-Length: 0\r\n\r\n",
    "nul in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "header without colon": b"HTTP/1.1 200 OK\r\nwhat\r\nContent-Length: 2\r\n\r\n{}",
}
CHUNKS: dict[str, bytes] = {
    "bad size": b"zz\r\nhello\r\n",
    "overflow": b"FFFFFFFFFFFFFFFFFF\r\nhello\r\n",
    "negative": b"-5\r\nhello\r\n",
    "no end": b"5\r\nhello\r\n",
    "long extension": b"2;" + b"x" * 200_000 + b"\r\n{}\r\n0\r\n\r\n",
    "longer than said": b"2\r\nhello world\r\n0\r\n\r\n",
    "bad trailer": b"2\r\n{}\r\n0\r\nwhat\r\n\r\n",
}
WAITS = {
    "0": "0",
    "negative": "-5",
    "NaN": "nan",
    "infinite": "inf",
    "minus infinite": "-inf",
    "1e308": "1e308",
    "2^63": str(BIG),
    "past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "year 9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "year 99999": "Fri, 31 Dec 99999 23:59:59 GMT",
    "year 0": "Sat, 01 Jan 0000 00:00:00 GMT",
    "month 13": "Wed, 21 Foo 2025 25:61:61 GMT",
    "zone": "Wed, 21 Oct 2026 07:28:00 +9999",
    "word": "soon",
    "empty": "",
    "list": "1, 2",
    "hexadecimal": "0x10",
    "underscores": "1_0",
    "tiny": "1e-300",
}
REFUSALS: dict[str, tuple[str, object]] = {
    "OpenAI": ("400 Bad Request", {"error": {
        "message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported "
        "with this model.", "type": "invalid_request_error", "param": "response_format"}}),
    "must be json_object or text": ("400 Bad Request", {"error": {
        "message": "'response_format.type' must be 'json_object' or 'text'."}}),
    "FastAPI": ("422 Unprocessable Entity", {"detail": [{
        "type": "literal_error", "loc": ["body", "response_format", "type"],
        "msg": "Input should be 'text' or 'json_object'", "input": "json_schema"}]}),
    "FastAPI extra": ("422 Unprocessable Entity", {"detail": [{
        "type": "extra_forbidden", "loc": ["body", "response_format", "json_schema"],
        "msg": "Extra inputs are not permitted"}]}),
    "FastAPI as text": ("422 Unprocessable Entity", {"message": "[{'type': 'extra_forbidden', "
        "'loc': ('body', 'response_format'), 'msg': 'Extra inputs are not permitted'}]"}),
    "Groq": ("400 Bad Request", {"error": {
        "message": "This model does not support response format `json_schema`. See supported "
        "models", "type": "invalid_request_error", "param": "response_format"}}),
    "DeepSeek": ("400 Bad Request", {"error": {
        "message": "This response_format type is unavailable now",
        "type": "invalid_request_error"}}),
    "vLLM": ("400 Bad Request", {"object": "error", "code": 400, "message":
        "json_schema is not supported by the guided decoding backend"}),
    "Anthropic": ("400 Bad Request", {"error": {"type": "invalid_request_error", "message":
        "response_format: Extra inputs are not permitted"}}),
    "a sentence": ("400 Bad Request", "response_format json_schema not implemented"),
    "501": ("501 Not Implemented", {"error": {"message": "response_format is not implemented"}}),
}
PARAMETERS: dict[str, tuple[str, str, object]] = {
    "temperature deprecated": ("temperature", "400 Bad Request", {"error": {
        "message": "`temperature` is deprecated for this model."}}),
    "temperature has one value": ("temperature", "400 Bad Request", {"error": {
        "message": "Unsupported value: 'temperature' does not support 0.7 with this model. Only "
        "the default (1) value is supported.", "param": "temperature"}}),
    "seed": ("seed", "400 Bad Request", {"error": {"message": "property 'seed' is unsupported"}}),
    "seed as FastAPI says it": ("seed", "422 Unprocessable Entity", {"detail": [{
        "type": "extra_forbidden", "loc": ["body", "seed"],
        "msg": "Extra inputs are not permitted", "input": 0}]}),
    "max_tokens": ("max_tokens", "400 Bad Request", {"error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.", "param": "max_tokens"}}),
}
_ODD_MODELS: dict[str, bytes] = {
    "HTML": b"<html>Welcome</html>",
    "null": b"null",
    "number": b"5",
    "list": b"[]",
    "text": b'"mock"',
    "object": b"{}",
    "data null": b'{"data": null}',
    "data number": b'{"data": 5}',
    "data object": b'{"data": {"id": "x"}}',
    "null in data": b'{"data": [null]}',
    "number in data": b'{"data": [5]}',
    "text in data": b'{"data": ["mock"]}',
    "no id": b'{"data": [{}]}',
    "id null": b'{"data": [{"id": null}]}',
    "id number": b'{"data": [{"id": 5}]}',
    "id surrogate": b'{"data": [{"id": "a\\ud800"}]}',
    "id escapes": b'{"data": [{"id": "\\u001b[31m"}, {"id": "\\u001b[0m"}]}',
    "cut": b'{"data": [{"id"',
    "no UTF-8": b'{"data": [{"id": "\xff"}]}',
    "empty": b"",
    "deep": b"[" * 100_000,
    "many": json.dumps({"data": [{"id": f"m{n}"} for n in range(50_000)]}).encode(),
}


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
    for name, found in {"text": "x", "null": [None], "words": [None, {"7": "x"}], "no": [None, {}],
                        "infinite": [None, {"7": {"logprob": -1e400}}], "short": [None]}.items():
        play = _answers(prompt_logprobs=found)
        yield Fault(f"prompt logprobs {name}", play, heals=False,
                    applies=lambda asked: "prompt_logprobs" in asked.body)
    for name, message in {
        "refusal": {"content": None, "refusal": "I cannot help with that."},
        "reasoning only": {"content": None, "reasoning_content": "hmm"},
        "tool calls": {"content": None, "tool_calls": [{"function": {"name": "x"}}]},
        "reasoning object": {"reasoning_content": {"a": 1}, "reasoning": [1]},
        "no content": {"content": None},
    }.items():
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
        yield Fault(f"status line {name}", _sends(head, Act.HALF_CLOSE))
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
    yield Fault("long error", _error("400 Bad Request", "x" * 20_000_000))
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
    yield Fault("redirects to itself", _redirect(lambda asked: asked.path))
    yield Fault("redirects for ever", _redirect(lambda asked: asked.path + "x"))
    yield Fault(
        "redirects to a stranger", _redirect(lambda _: "http://127.0.0.1:1/v1/chat/completions"),
        fatal=True,
    )
    for status in ("400", "402", "404", "408", "409", "413", "418", "422", "500", "502", "529"):
        fatal = status in ("402", "404", "529")
        yield Fault(f"status {status}", _error(f"{status} No"), fatal=fatal)
    yield Fault(
        "HTML of a proxy",
        _sends(reply(b"<html><h1>502 Bad Gateway</h1></html>", "502 X", content_type="text/html")),
    )
    for name, body in {
        "is text": {"error": "no"}, "is a list": {"error": ["no"]}, "is null": {"error": None},
        "has a list": {"error": {"message": ["a", {"b": 1}], "param": ["x"], "code": [1]}},
        "has an object": {"error": {"message": {"a": {"b": "c"}}, "param": {}, "code": {}}},
        "is a number": 5, "is a list of lists": [[[]]], "has a surrogate": {"error": {
            "message": "\ud800"}}, "has escapes": {"error": {"message": "\x1b]0;x\x07\x1b[2J"}},
        "detail": {"detail": [{"loc": ["body"], "msg": "x"}]},
        "param is huge": {"error": {"message": "unsupported", "param": "x" * 100_000}},
    }.items():
        yield Fault(f"error {name}", _sends(reply(body, "400 Bad Request")))


def _sends_then_drips() -> Play:
    def play(asked: Asked) -> Iterator[bytes | float | Act]:
        yield reply(b"", length=100)
        yield from _drip(b"{" + b" " * 99, 0.3)(asked)

    return play


def _redirect(where: Any) -> Play:
    return lambda asked: iter(
        [reply(b"", "307 Temporary Redirect", {"Location": where(asked)})]
    )


def _echoes() -> Iterator[Fault]:
    """The caller's key comes back, in every place."""
    for status in ("400", "401", "403", "404", "422", "429", "500", "503"):
        yield Fault(
            f"key in the error of a {status}",
            lambda asked, status=status: iter([reply({"error": {
                "message": f"bad key {asked.key}", "param": asked.key, "code": asked.key,
                "type": asked.key}}, f"{status} No")]),
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
    yield Fault("key in a redirect", _redirect(lambda asked: f"http://127.0.0.1:1/{asked.key}"), fatal=True)
    yield Fault("key in a bad redirect", _redirect(lambda asked: f"http://{asked.key}:x/"))
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
    for name, body in _ODD_MODELS.items():
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
        _wrong_answers, _wrong_bytes, _wrong_ways, _echoes, _models, _polite, _dialects,
    )
    for fault in family()
}
