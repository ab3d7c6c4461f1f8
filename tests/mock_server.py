"""An OpenAI-compatible mock server in a process of its own, with faults on demand.

    python tests/mock_server.py [--port N] [--behaviour JSON]   prints its port, runs until killed

Answers are a pure function of the request body (`answers.py`). Tests start one with
`servers.serve()` and steer it over HTTP: `/_behaviour` sets what it does and clears the log,
`/_log` tells what arrived, `/_wait` returns once so many answers have left. Times are
`time.monotonic()`, which all processes of one machine share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from collections import Counter
from dataclasses import asdict
from typing import Any

from aiohttp import web

from answers import answer_to, call_to, key_of, reward_of
from servers import Behaviour, Entry, Fault, Log

_CHAT = "/v1/chat/completions"


class _App:
    """State and handlers."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.changed = asyncio.Condition()
        self.reset(behaviour)

    def reset(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.log = Log()
        self.open = 0
        self.seen: Counter[str] = Counter()
        self.fired: Counter[Fault] = Counter()
        self.window = (0.0, 0)
        """Its end, and the requests in it."""

    async def asked(self, request: web.Request) -> web.StreamResponse:
        """A chat completion, or a reward by vLLM's /pooling or /score."""
        body = await request.json()
        asked = {name: value for name, value in body.items() if name != "messages"}
        asked |= {} if request.path == _CHAT else {"path": request.path}
        text = body["text_2"] if "text_2" in body else _flat(body)
        tokens = _prompt_tokens(body) if "messages" in body else 0
        entry = Entry(key_of(body), text, time.monotonic(), tokens, body=asked)
        log = self.log
        log.entries.append(entry)
        self.open += 1
        log.peak = max(log.peak, self.open)
        try:
            return await self._answer(request, body, entry)
        finally:
            if log is self.log:
                self.open -= 1
            async with self.changed:
                self.changed.notify_all()

    async def _answer(
        self, request: web.Request, body: dict[str, Any], entry: Entry
    ) -> web.StreamResponse:
        behaviour, busy = self.behaviour, self.open
        limits, full = self._count(behaviour)
        self.seen[entry.key] += 1
        fault = self._fault(body, self.seen[entry.key])
        if not body.get("messages", True):
            fault = Fault("status", 400)
        await asyncio.sleep(behaviour.latency + behaviour.jitter * int(entry.key[:6], 16) / 2**24)
        if behaviour.most_open is not None and busy > behaviour.most_open:
            fault = Fault("status", 429)
        if full:
            fault = Fault("status", 429)
        if fault is not None and fault.kind not in ("status", "refuse"):
            return await _break(fault, request)
        entry.status = 200 if fault is None else fault.status
        if fault is not None:
            response = _bad(fault, request)
        elif request.path == _CHAT:
            response = _good(body, entry.key, behaviour)
        else:
            response = _rewarded(body, entry, behaviour)
        response.headers.update(limits)
        await response.prepare(request)
        await response.write_eof()
        entry.sent = time.monotonic()
        return response

    def _count(self, behaviour: Behaviour) -> tuple[dict[str, str], bool]:
        """The headers on what is left of this window, and whether it was full already."""
        if behaviour.window is None:
            return {}, False
        now, (end, count) = time.monotonic(), self.window
        if now >= end:
            end, count = now + behaviour.window, 0
        self.window = end, count + 1
        left = behaviour.most_in_window - count - 1
        limits = {
            "x-ratelimit-remaining-requests": str(max(0, left)),
            "x-ratelimit-reset-requests": f"{(end - now) * 1000 + 1:.0f}ms",
        }
        return limits, left < 0

    def _fault(self, body: dict[str, Any], attempt: int) -> Fault | None:
        texts = [body.get(name) for name in ("messages", "text_1", "text_2")]
        for fault in self.behaviour.faults:
            if (
                (fault.first is None or attempt <= fault.first)
                and (fault.total is None or self.fired[fault] < fault.total)
                and fault.marker in json.dumps(texts, ensure_ascii=False)
                and (fault.kind != "refuse" or fault.parameter in body)
            ):
                self.fired[fault] += 1
                return fault
        return None

    async def set_behaviour(self, request: web.Request) -> web.Response:
        self.reset(Behaviour.from_json(await request.text()))
        return web.Response()

    async def get_log(self, _request: web.Request) -> web.Response:
        return web.json_response(asdict(self.log))

    async def wait(self, request: web.Request) -> web.Response:
        count = int(request.query["answered"])
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.log.answered()) >= count)
        return web.Response()


def _flat(body: dict[str, Any]) -> str:
    """Contents in text parts become plain ones; returns the last."""
    for turn in body["messages"]:
        if isinstance(turn["content"], list):
            turn["content"] = "".join(part["text"] for part in turn["content"])
    return body["messages"][-1]["content"] if body["messages"] else ""


def _prompt_tokens(body: dict[str, Any]) -> int:
    return sum(len(turn["content"] or "") for turn in body["messages"]) // 4 + 1


def _good(body: dict[str, Any], key: str, behaviour: Behaviour) -> web.Response:
    words = answer_to(body, behaviour.echo).split(" ")
    thoughts = ["hm"] * behaviour.thinks
    whole = len(thoughts) + len(words)
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or whole
    answer = " ".join(words[: max(0, limit - len(thoughts))])
    thought = " ".join(thoughts[:limit])
    message: dict[str, Any] = {"role": "assistant", "content": answer}
    if body.get("tools"):
        message = {"role": "assistant", "content": None, "tool_calls": [call_to(body)]}
    if thought and behaviour.thoughts == "tag":
        end = "</think>\n\n" if limit > len(thoughts) else ""
        message["content"] = f"<think>{thought}{end}{answer}"
    elif thought and behaviour.thoughts == "field":
        message["reasoning_content"] = thought
    tokens = _prompt_tokens(body)
    return web.json_response(
        {
            "id": f"chatcmpl-{key}",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "finish_reason": "stop" if limit >= whole else "length",
                }
            ],
            "usage": {
                "prompt_tokens": tokens,
                "completion_tokens": min(limit, whole),
                "total_tokens": tokens + min(limit, whole),
                "prompt_tokens_details": {"cached_tokens": tokens // 2},
                "completion_tokens_details": {"reasoning_tokens": min(limit, len(thoughts))},
            },
        }
    )


def _rewarded(body: dict[str, Any], entry: Entry, behaviour: Behaviour) -> web.Response:
    """As vLLM 0.32 answers /pooling and /score; the reward is what the text says it is worth."""
    reward = reward_of(entry.text)
    if not body.get("use_activation", True):
        found: Any = reward
    else:
        found = 1 / (1 + math.exp(-reward))
    shapes = {"one": [found], "labels": [found, -found], "tokens": [[found], [found]]}
    datum: dict[str, Any] = {"index": 0, "object": "pooling", "data": shapes[behaviour.rewards]}
    if "text_2" in body:
        datum = {"index": 0, "object": "score", "score": found}
    tokens = len(entry.text) // 4 + 1
    usage = {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0}
    return web.json_response(
        {
            "id": f"pool-{entry.key}",
            "object": "list",
            "created": 0,
            "model": body["model"],
            "data": [datum],
            "usage": usage | {"prompt_tokens_details": None},
        }
    )


def _bad(fault: Fault, request: web.Request) -> web.Response:
    """An error in OpenAI's form; its message repeats the caller's key, as careless servers do."""
    status = 400 if fault.kind == "refuse" else fault.status
    caller = request.headers.get("Authorization", "nobody")
    message = f"mock error {status} for {caller}{fault.text}"
    if fault.kind == "refuse":
        message = f"Unsupported parameter: '{fault.parameter}' is not supported by this model"
    wait = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    error = {"message": message, "type": "mock", "param": fault.parameter or None, "code": None}
    return web.json_response({"error": error}, status=status, headers=wait)


async def _break(fault: Fault, request: web.Request) -> web.StreamResponse:
    """Answer in a way that no client can use."""
    if fault.kind == "malformed":
        return web.Response(text='{"choices": [{"mess', content_type="application/json")
    if fault.kind == "reveal":
        message = {"content": f"My key: {request.headers['Authorization']}"}
        return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}]})
    if fault.kind == "hollow":
        return web.json_response({"choices": []})
    if fault.kind == "hang":
        await asyncio.Event().wait()
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    assert request.transport is not None
    if fault.kind == "short":
        response.content_length = 1000
    if fault.kind in ("cut", "short"):
        await response.prepare(request)
        await response.write(b'{"choices": [')
    if fault.kind == "short":
        request.transport.close()
    else:
        request.transport.abort()
    return response


async def _models(_request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": "mock", "object": "model"}]})


async def _run(port: int, behaviour: Behaviour, until_eof: bool) -> None:
    app, state = web.Application(client_max_size=1 << 30), _App(behaviour)
    app.router.add_post(_CHAT, state.asked)
    app.router.add_post("/pooling", state.asked)
    app.router.add_post("/score", state.asked)
    app.router.add_get("/v1/models", _models)
    app.router.add_post("/_behaviour", state.set_behaviour)
    app.router.add_get("/_log", state.get_log)
    app.router.add_get("/_wait", state.wait)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await (asyncio.to_thread(sys.stdin.read) if until_eof else asyncio.Event().wait())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--behaviour", type=Behaviour.from_json, default=Behaviour())
    parser.add_argument("--until-eof", action="store_true", help="end when stdin does")
    arguments = parser.parse_args()
    asyncio.run(_run(arguments.port, arguments.behaviour, arguments.until_eof))


if __name__ == "__main__":
    main()
