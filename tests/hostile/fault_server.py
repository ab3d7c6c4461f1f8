"""A model server with any number of faces, each at a base URL of its own, each with one fault.

It speaks HTTP through bare sockets, since most faults are such as no HTTP library would send.
It runs in a thread of the test's process; a face remembers which requests came.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any

from answers import answer_to, key_of

ECHO = r"Row number \d+ has \d+ apples\."
"""What rewriting repeats, with the number raised: see `answers.answer_to`."""


class Act(Enum):
    """What a fault does besides sending bytes and waiting."""

    HOLD = "leave the connection open and say nothing more"
    HALF_CLOSE = "close this direction only"
    RESET = "break the connection"


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str:
        """What the caller authorised itself with."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def text(self) -> str:
        return json.dumps(self.body.get("messages", ""), ensure_ascii=False)


Play = Callable[[Asked], Iterator[bytes | float | Act]]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what a run may make of it."""

    name: str
    play: Play
    where: str = "chat"
    """Which requests it befalls: those for answers, or those for the list of models."""
    applies: Callable[[Asked], bool] = lambda _: True
    heals: bool = True
    """Whether a rerun asks again: an answer that is whole but of no use is kept."""
    serves: bool = False
    """Whether a client can work with it: no row fails by what the server says."""
    everywhere: bool = False
    """Whether it befalls all rows."""
    fatal: bool = False
    """Whether a run may end at it: nothing else would be answered either."""


@dataclass
class Face:
    """One base URL, and what came there."""

    url: str
    fault: Fault | None = None
    marker: str = ""
    """Only requests that hold this text meet the fault."""
    latency: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    """Whole good answers, by the hash of the body."""
    others: int = 0
    """Requests that came to paths that nobody named."""
    connections: int = 0


class FaultServer:
    """Listens until it is stopped."""

    def __init__(self) -> None:
        self._faces: dict[str, Face] = {}
        self._names = count()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait()

    def face(self, fault: Fault | None = None, marker: str = "", latency: float = 0.0) -> Face:
        """A new base URL."""
        name = f"face{next(self._names)}"
        face = Face(f"http://127.0.0.1:{self.port}/{name}/v1", fault, marker, latency)
        self._faces[name] = face
        return face

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        started = asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        server = self._loop.run_until_complete(started)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await _read(reader):
                if not await self._answer(asked, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the connection serves for more."""
        face = self._faces.get(asked.path.split("/")[1])
        if face is None:
            writer.write(reply({"error": "nobody here"}, status="404 Not Found"))
            return False
        is_chat = asked.path.endswith("/v1/chat/completions")
        is_models = asked.path.endswith("/v1/models")
        face.asked.append(asked)
        face.others += not (is_chat or is_models)
        fault, wanted = face.fault, "chat" if is_chat else "models"
        if (
            fault is not None
            and fault.where == wanted
            and face.marker in asked.text
            and fault.applies(asked)
        ):
            return await _play(fault.play(asked), writer)
        if is_models:
            writer.write(reply({"object": "list", "data": [{"id": "mock", "object": "model"}]}))
            return True
        if face.latency:
            await asyncio.sleep(face.latency)
        writer.write(reply(chat(asked)))
        await writer.drain()
        face.answered[key_of(asked.body)] += 1
        return True


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (one.split(":", 1) for one in lines if ":" in one)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, json.loads(body) if body else {})


async def _play(parts: Iterator[bytes | float | Act], writer: asyncio.StreamWriter) -> bool:
    """Do what a fault does, for at most a minute; whether the connection serves for more."""
    begun = time.monotonic()
    closes = False
    for part in parts:
        if time.monotonic() - begun > 60:
            return False
        if isinstance(part, bytes):
            closes = closes or b"onnection: close" in part
            writer.write(part)
            await writer.drain()
        elif isinstance(part, float):
            await asyncio.sleep(part)
        elif part is Act.HOLD:
            await asyncio.sleep(60)
        elif part is Act.HALF_CLOSE:
            writer.write_eof()
            await asyncio.sleep(10)
            return False
        else:
            found = writer.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
    return not closes


def chat(asked: Asked, **changes: Any) -> dict[str, Any]:
    """A good answer to a request, with some parts changed: text, message, choice, usage, more."""
    body = asked.body
    text = answer_to(body, ECHO)
    words = sum(len(str(m.get("content")).split()) for m in body.get("messages", ())) + 1
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    if body.get("logprobs"):
        choice["logprobs"] = {"content": [{"token": "a", "logprob": -0.25, "bytes": None}] * 5}
    found: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model"),
        "choices": [choice],
        "usage": {
            "prompt_tokens": words,
            "completion_tokens": 9,
            "total_tokens": words + 9,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
    }
    if "prompt_logprobs" in body:
        found["prompt_logprobs"] = [None, *[{"7": {"logprob": -1.0}}] * (words + 9)]
    if "text" in changes:
        choice["message"]["content"] = changes.pop("text")
    choice["message"] |= changes.pop("message", {})
    choice |= changes.pop("choice", {})
    if "usage" in changes:
        usage = changes.pop("usage")
        found["usage"] = found["usage"] | usage if isinstance(usage, dict) else usage
    return found | changes


def reply(
    body: object,
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
    length: int | None = None,
) -> bytes:
    """A whole HTTP reply; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {
        "Content-Type": content_type,
        "Content-Length": len(data) if length is None else length,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in (fields | dict(headers or {})).items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("utf-8", "surrogatepass") + data
