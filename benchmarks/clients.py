"""The clients that `throughput.py` compares seapo with; each runs as a process of its own.

    python benchmarks/clients.py aiohttp|openai BASE_URL PROMPTS.jsonl IN_FLIGHT

Prints one JSON object: seconds and CPU seconds from the first request to the last answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

Ask = Callable[[str], Awaitable[str]]


async def _timed(ask: Ask, prompts: list[str], in_flight: int) -> dict[str, float]:
    async def worker(queue: Iterator[str]) -> None:
        for prompt in queue:
            assert await ask(prompt)

    wall, cpu, queue = time.perf_counter(), time.process_time(), iter(prompts)
    await asyncio.gather(*(worker(queue) for _ in range(in_flight)))
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


async def run_aiohttp(url: str, prompts: list[str], in_flight: int) -> dict[str, float]:
    """The floor: one POST and two JSON conversions."""
    import aiohttp
    import orjson

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:
        headers = {"Content-Type": "application/json"}

        async def ask(prompt: str) -> str:
            body = {"model": "mock", "messages": [{"role": "user", "content": prompt}]}
            data = orjson.dumps(body)
            async with session.post(f"{url}/chat/completions", data=data, headers=headers) as reply:
                answer = orjson.loads(await reply.read())
            text: str = answer["choices"][0]["message"]["content"]
            return text

        return await _timed(ask, prompts, in_flight)


async def run_openai(url: str, prompts: list[str], in_flight: int) -> dict[str, float]:
    """The SDK as its documentation shows it."""
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(prompt: str) -> str:
            answer = await client.chat.completions.create(
                model="mock", messages=[{"role": "user", "content": prompt}]
            )
            return answer.choices[0].message.content or ""

        return await _timed(ask, prompts, in_flight)


def main() -> None:
    name, url, path, in_flight = sys.argv[1:]
    prompts = [json.loads(line)["prompt"] for line in Path(path).read_text().splitlines()]
    run = {"aiohttp": run_aiohttp, "openai": run_openai}[name]
    print(json.dumps(asyncio.run(run(url, prompts, int(in_flight)))))


if __name__ == "__main__":
    main()
