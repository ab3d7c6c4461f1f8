"""What `seapo serve` lets in: this machine's programs, no web pages, and nobody holds it up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from seapo_cli.backends import proxy

KEY = "only-the-front-knows"


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The front before a server that demands the key and allows every page."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.Response(status=401)
        headers = {"Access-Control-Allow-Origin": request.headers.get("Origin", "*")}
        reply = web.StreamResponse(headers={**headers, "Retry-After": "7"})
        await reply.prepare(request)
        await reply.write(request.path_qs.encode() + b" ")
        await reply.write(await request.read())
        return reply

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        target = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with proxy.open_proxy(0, target, KEY) as address:
            yield address
    finally:
        await runner.cleanup()


def inside(check: Callable[[str], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served() as address:
            await check(address)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Authorization": "Bearer the-callers-own"}, 200),
        ({"Host": "rebound.example"}, 403),
        ({"Host": "127.0.0.1.example"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "https://page.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_who_is_let_in(method: str, headers: dict[str, str], status: int) -> None:
    async def check(address: str) -> None:
        url = f"{address}/v1/models?x=1"
        async with (
            ClientSession() as session,
            session.request(method, url, headers=headers, data=b"body") as reply,
        ):
            assert reply.status == status
            assert not [name for name in reply.headers if name.lower().startswith("access-control")]
            if status == 200:
                assert reply.headers["Retry-After"] == "7"
                assert await reply.read() == b"/v1/models?x=1 body"

    inside(check)


def test_posts_that_never_end_block_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "SECONDS_TO_SEND", 3.0)

    async def check(address: str) -> None:
        host, port = address.removeprefix("http://").split(":")
        half = (
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
        )
        opened = [await asyncio.open_connection(host, int(port)) for _ in range(300)]
        for _, writer in opened:
            writer.write(half)
        async with asyncio.timeout(60), ClientSession() as session:
            async with session.post(f"{address}/v1/x", data=b"whole") as reply:
                assert await reply.read() == b"/v1/x whole"
            assert (await opened[0][0].readline()).startswith(b"HTTP/1.1 408")
        for _, writer in opened:
            writer.close()

    inside(check)


def test_a_server_that_is_gone_is_told() -> None:
    async def run() -> None:
        async with (
            proxy.open_proxy(0, "http://127.0.0.1:9", KEY) as address,
            ClientSession() as session,
            session.get(f"{address}/v1/models") as reply,
        ):
            assert reply.status == 502
            assert "does not answer" in await reply.text()

    asyncio.run(run())
