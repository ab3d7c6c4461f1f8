"""The HTTP backend against servers that are odd, broken or hostile."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Coroutine
from typing import Any

import pytest

from raw_server import Answer, RawServer, completion, http, raw_server
from seapo_cli.backends import connect
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import BackendFatal, RequestRefused, SeapoError, Transient, UsageError
from seapo_cli.messages import Message
from seapo_cli.options import BackendSettings

KEY = "sk-sentinel-9c1e77"
ASKED = Request((Message(role="user", content="x"),))


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 60))


def ask(answer: Answer, url: str = "", **settings: Any) -> tuple[Completion, RawServer]:
    """Connect to a server that answers so, and ask it one thing."""

    async def work() -> tuple[Completion, RawServer]:
        async with raw_server(answer) as server:
            address = url.format(port=server.port) or server.url
            values = {"model": "m", "api_key": KEY, "timeout": 20} | settings
            backend = await connect(BackendSettings(base_url=address, **values))
            try:
                return await backend.complete(ASKED), server
            finally:
                await backend.close()

    found: tuple[Completion, RawServer] = run(work())
    return found


@pytest.mark.parametrize(
    ("pack", "name"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (bytes, "identity")]
)
def test_packed_answers(pack: Any, name: str) -> None:
    body = pack(http(completion()).partition(b"\r\n\r\n")[2])
    found, _ = ask(lambda _: http(body, Content_Encoding=name))
    assert found.text == "fine"


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_a_small_answer_that_unpacks_to_gigabytes_is_refused(name: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if name == "gzip" else 15)
    bomb = b"".join([packer.compress(bytes(1 << 24)) for _ in range(64)] + [packer.flush()])
    assert len(bomb) < 2 << 20
    tracemalloc.start()
    with pytest.raises(RequestRefused, match="larger than 32 MiB"):
        ask(lambda _: http(bomb, Content_Encoding=name))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 << 20


def test_an_endless_answer_is_refused() -> None:
    with pytest.raises(RequestRefused, match="larger than 32 MiB"):
        ask(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + bytes(40 << 20))


@pytest.mark.parametrize(
    "answer",
    [
        http(b"\x1f\x8b damaged", Content_Encoding="gzip"),
        http(b"x", Content_Encoding="br"),
        http(gzip.compress(b"cut off in the middle, for sure")[:-9], Content_Encoding="gzip"),
        f"HTTP/1.1 200 {KEY}\r\nBad {KEY}\x00\r\n\r\n".encode(),
        f"{KEY} nonsense\r\n\r\n".encode(),
        b"",
        http(f"<html>{KEY}".encode()),
    ],
)
def test_a_broken_answer_may_pass_and_does_not_repeat_the_key(answer: bytes) -> None:
    with pytest.raises(Transient) as caught:
        ask(lambda _: answer)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", ["301 Moved", "307 Temporary", "308 Permanent"])
def test_rows_and_key_go_nowhere_else(status: str) -> None:
    with pytest.raises(BackendFatal, match="has moved to http://other/") as caught:
        ask(lambda _: http(b"", status, Location=f"http://other/?k={KEY}"))
    assert KEY not in str(caught.value)


def test_a_key_inside_a_completion_is_masked() -> None:
    found, server = ask(lambda _: http(completion(f"your key is {KEY}", reasoning=f"hm, {KEY}")))
    assert (found.text, found.reasoning) == ("your key is ***", "hm, ***")
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_key_that_ends_in_a_newline() -> None:
    _, server = ask(lambda _: http(completion()), api_key=f"{KEY}\n")
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        ask(lambda _: http(completion()), api_key="sk-1\nEvil: header")


def test_a_password_in_the_address_is_used_and_not_shown() -> None:
    url = "http://me:pass%20word1@127.0.0.1:{port}/v1"
    _, server = ask(lambda _: http(completion()), url)
    assert server.asked[0].headers["Authorization"] == "Basic bWU6cGFzcyB3b3JkMQ=="
    with pytest.raises(RequestRefused) as refused:
        ask(lambda _: http({"error": "no, me:pass word1"}, "400 Bad"), url)
    with pytest.raises(UsageError) as wrong:
        ask(lambda _: b"", "me:pass%20word1@127.0.0.1:{port}/v1")
    for caught in (refused, wrong):
        assert "word1" not in str(caught.value)


def test_a_missing_key_is_told() -> None:
    with pytest.raises(BackendFatal, match="no key is set: export OPENAI_API_KEY"):
        ask(lambda _: http({"error": "who are you?"}, "401 Unauthorized"), api_key=None)
    with pytest.raises(BackendFatal, match="the key is missing or wrong"):
        ask(lambda _: http({"error": "who are you?"}, "401 Unauthorized"))
    with pytest.raises(UsageError, match="export OPENAI_API_KEY"):
        run(connect(BackendSettings(backend="openai", model="gpt-5-mini")))


def test_the_only_model_is_found() -> None:
    listed = {"data": [{"id": "only"}]}
    found, server = ask(
        lambda asked: http(listed if asked.line.startswith("GET") else completion()), model=None
    )
    assert found.text == "fine"
    assert server.asked[1].body["model"] == "only"


@pytest.mark.parametrize(
    "listed",
    [
        http(b"<html>hello</html>"),
        http(b""),
        http(b"null"),
        http(b"[]"),
        http(b"7"),
        http(b'"text"'),
        http(b'{"data": null}'),
        http(b'{"data": 1}'),
        http(b'{"data": {}}'),
        http(b'{"data": [null]}'),
        http(b'{"data": [[]]}'),
        http(b'{"data": ["m"]}'),
        http(b'{"data": [{}]}'),
        http(b'{"data": [{"id": null}]}'),
        http(b'{"data": [{"id": 7}]}'),
        http(b'{"models": []}'),
        http(b'{"data": []}'),
        http(b'{"data": [{"id": "a"}, {"id": "\\u001b[2J"}]}'),
        http(b"\xff\xfe"),
        http(b"no", "404 Not Found"),
        http(b"no", "401 Unauthorized"),
        http(b"no", "500 Oh"),
        http(b"{}", "302 Found", Location="/"),
        b"nonsense",
    ],
)
def test_a_list_of_models_that_is_none_is_one_line(listed: bytes) -> None:
    with pytest.raises(SeapoError) as caught:
        ask(lambda _: listed, model=None)
    assert "\n" not in str(caught.value)


def test_listing_models_heeds_the_time_out() -> None:
    async def work() -> None:
        async def silent(_reader: Any, _writer: Any) -> None:
            await asyncio.sleep(60)

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Transient, match="--timeout"):
            await connect(BackendSettings(base_url=f"http://127.0.0.1:{port}/v1", timeout=0.2))
        server.close()

    run(work())
