"""The cheapest possible chat endpoint: canned answers over keep-alive, a fixed latency.

    python benchmarks/fast_server.py [--port N] [--latency SECONDS]    prints its port

It reads only Content-Length from a request and sends the same bytes every time, so that what a
benchmark measures is the client.
"""

from __future__ import annotations

import argparse
import asyncio
import json

_BODY = json.dumps(
    {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "mock",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "A short answer. " * 12},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 600, "completion_tokens": 48, "total_tokens": 648},
    }
).encode()
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
ANSWER = _HEAD % len(_BODY) + _BODY


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests on it come one after the other."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._data = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end]).lower()
            _, _, value = head.partition(b"content-length:")
            size = end + 4 + int(value.split(b"\r\n", 1)[0] or b"0")
            if len(self._data) < size:
                return
            del self._data[:size]
            if self._latency:
                self._loop.call_later(self._latency, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)


async def run(port: int, latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency), "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.latency))


if __name__ == "__main__":
    main()
