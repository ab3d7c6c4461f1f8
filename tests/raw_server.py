"""A server inside the test's event loop that answers with given bytes, however broken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[["Asked"], bytes]


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    line: str
    headers: dict[str, str]
    body: Any


@dataclass
class RawServer:
    """Where it listens, and what arrived."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def raw_server(answer: Answer) -> AsyncIterator[RawServer]:
    """Answer each request with the bytes that `answer` makes, then close the connection."""
    found = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        data = await reader.readexactly(int(headers.get("Content-Length", 0)))
        found.asked.append(Asked(lines[0], headers, json.loads(data) if data else None))
        writer.write(answer(found.asked[-1]))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()


def http(data: bytes | Any, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; what is not bytes goes out as JSON."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def completion(text: Any = "fine", finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion as servers send it."""
    choice = {"message": {"content": text, **message}, "finish_reason": finish_reason}
    return {"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 7}}
