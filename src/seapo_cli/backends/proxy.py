"""The proxy of `seapo serve`: programs on this machine get in, web pages do not.

A browser sends requests to loopback for whatever page asks. A server that answers to any Host can
be read by a page whose name points here (DNS rebinding), one that allows any Origin by every page,
and a thread for each connection is held up by posts that never end. The server behind takes a key
that only this process knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

HOST = "127.0.0.1"
SECONDS_TO_SEND = 60.0
"""After which a request that is not whole is given up."""
_LOCAL = frozenset({HOST, "localhost", "::1"})
_LARGEST = 64 * 2**20
_NOT_PASSED = ("access-control-", "connection", "keep-alive", "server", "transfer-encoding")


@asynccontextmanager
async def open_proxy(port: int, target: str, key: str) -> AsyncIterator[str]:
    """Listen on loopback and pass requests on to the server at `target`; yields the address.

    Raises:
        OSError: the port is taken.
    """
    # No limits of its own: an answer may take as long as its caller waits.
    session = ClientSession(
        timeout=ClientTimeout(total=None, sock_connect=10),
        connector=TCPConnector(limit=0),
        auto_decompress=False,
    )
    application = web.Application(client_max_size=_LARGEST)
    application.router.add_route("*", "/{path:.*}", _Proxy(session, target, key).answer)
    # A caller that leaves ends its request: the model need not go on.
    runner = web.AppRunner(
        application, access_log=None, handler_cancellation=True, shutdown_timeout=1.0
    )
    async with session:
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
            yield f"http://{HOST}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class _Proxy:
    def __init__(self, session: ClientSession, target: str, key: str) -> None:
        self._session = session
        self._target = target
        self._key = key

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if not _is_local(request):
            return _refusal(403, "only programs of this machine are answered, at 127.0.0.1")
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                body = await request.read()
        except TimeoutError:
            return _refusal(408, f"the request was not whole after {SECONDS_TO_SEND:g} s")
        try:
            return await self._pass_on(request, body)
        except ClientError as error:
            return _refusal(502, f"the model's server does not answer: {error}")

    async def _pass_on(self, request: web.Request, body: bytes) -> web.StreamResponse:
        headers = {"Authorization": f"Bearer {self._key}"}
        for name in ("Accept", "Content-Type"):
            if name in request.headers:
                headers[name] = request.headers[name]
        async with self._session.request(
            request.method, self._target + request.path_qs, data=body, headers=headers
        ) as reply:
            passed = web.StreamResponse(status=reply.status, reason=reply.reason)
            for name, value in reply.headers.items():
                if not name.lower().startswith(_NOT_PASSED):
                    passed.headers[name] = value
            await passed.prepare(request)
            async for piece in reply.content.iter_any():
                await passed.write(piece)
            await passed.write_eof()
            return passed


def _is_local(request: web.Request) -> bool:
    """Whether it is addressed to loopback, and not from a page of somewhere else."""
    origin = request.headers.get("Origin")
    return _host(f"//{request.host}") in _LOCAL and (origin is None or _host(origin) in _LOCAL)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _refusal(status: int, message: str) -> web.Response:
    refusal = web.json_response({"error": {"message": message, "code": status}}, status=status)
    refusal.force_close()
    return refusal
