"""`--backend vllm` for real: every path of the backend once, then its speed by mode.

    python benchmarks/vllm_inprocess.py CHECKPOINT [--rows 24] [--data FILE] [--ngram]
                                        [--vllm-arg KEY=VALUE ...]

CHECKPOINT is a folder or hub id (`gguf_to_hf.py` makes one of the packaged model). Shown: the
continuous batching of sampled answers, the yield and rate of edit and rewrite mode with three
error types per row, and with `--ngram` rewrite mode again under n-gram speculative decoding,
whose output mostly copies its prompt. Start-up is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness import ROOT, read_rows, save, show
from seapo_cli.backends.base import Backend
from seapo_cli.backends.vllm import connect
from seapo_cli.completions import Request, Sampling
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Outcome
from seapo_cli.engine.tally import Tally
from seapo_cli.messages import Message
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    InjectSettings,
    SampleSettings,
)
from seapo_cli.options.parse import engine_arguments
from seapo_cli.rows import Row, read_row
from seapo_cli.stages.inject import Inject
from seapo_cli.stages.sample import Sample

TYPES = ("factual", "logical", "hallucination")
NGRAM = {"method": "ngram", "num_speculative_tokens": 5, "prompt_lookup_max": 4}


async def check(backend: Backend) -> list[dict[str, Any]]:
    """Free text, a schema, log-probabilities of an answer and of a prompt."""
    question = Message(role="user", content="What is the capital of France? Name the city.")
    greedy = Sampling(temperature=0.0, max_tokens=16)
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["Paris", "Oslo"]}},
        "required": ["city"],
        "additionalProperties": False,
    }
    plain = await backend.complete(Request((question,), greedy, logprobs=True))
    again = await backend.complete(Request((question,), greedy, logprobs=True))
    shaped = await backend.complete(Request((question,), greedy, schema=schema))
    found = [
        {"what": "free text", "found": plain.text},
        {"what": "its log-probability", "found": str(plain.logprob)},
        {"what": "the same again", "found": str(again.text == plain.text)},
        {"what": "under a schema", "found": shaped.text},
    ]
    for city in ("Paris", "Oslo"):
        turns = (question, Message(role="assistant", content=f"The capital of France is {city}."))
        scored = await backend.complete(Request(turns, Sampling(max_tokens=1), scored=True))
        total = sum((scored.prompt_logprobs or ())[-12:])
        found.append({"what": f"log-probability of {city}", "found": f"{total:.2f}"})
    return found


async def run(backend: Backend, stage: Any, rows: list[Row], name: str) -> dict[str, Any]:
    """One stage over all rows at once."""
    tally = Tally()
    gateway = Gateway(backend, None, EngineSettings(retries=0), tally)
    begun = time.perf_counter()
    done: list[Outcome] = await asyncio.gather(*(stage.process(row, gateway) for row in rows))
    seconds = time.perf_counter() - begun
    found = {
        "what": name,
        "rows": len(rows),
        "out": sum(len(outcome.rows) for outcome in done),
        "failed": sum(len(outcome.failures) for outcome in done),
        "requests": tally.requests_sent,
        "prompt_tokens": tally.usage.prompt_tokens,
        "cached_share": round(tally.usage.cached_tokens / tally.usage.prompt_tokens, 3),
        "completion_tokens": tally.usage.completion_tokens,
        "tokens_per_s": round(tally.usage.completion_tokens / seconds, 1),
        "seconds": round(seconds, 1),
    }
    print(found, flush=True)  # the next engine may take minutes to start
    return found


@asynccontextmanager
async def started(options: argparse.Namespace, **more: Any) -> AsyncIterator[Backend]:
    """A backend whose model is loaded."""
    arguments = engine_arguments(options.vllm_arg) | more
    backend = await connect(
        BackendSettings(backend="vllm", model=options.model, vllm_args=arguments)
    )
    try:
        hello = Message(role="user", content="Hi")
        await backend.complete(Request((hello,), Sampling(max_tokens=1)))
        yield backend
    finally:
        await backend.close()


async def measure(options: argparse.Namespace) -> None:
    found = read_rows(options.data)[: options.rows]
    rows = [read_row(row, line=number) for number, row in enumerate(found, 1)]
    sample = Sample(SampleSettings(temperature=0.0, max_tokens=128, truncated="keep"))
    edit = Inject(InjectSettings(error_types=TYPES, fill="own"))
    rewrite = Inject(InjectSettings(error_types=TYPES, mode="rewrite", attempts=1))
    async with started(options) as backend:
        checks = await check(backend)
        show("What it answers", checks)
        found = [
            await run(backend, sample, rows, "sample"),
            await run(backend, edit, rows, "inject, edit"),
            await run(backend, rewrite, rows, "inject, rewrite"),
        ]
    if options.ngram:
        async with started(options, speculative_config=NGRAM) as backend:
            found.append(await run(backend, rewrite, rows, "inject, rewrite, n-gram"))
    show(f"{options.data.stem}, {options.rows} rows", found)
    save("vllm_inprocess", {"vllm_args": options.vllm_arg, "checks": checks, "rows": found})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a checkpoint's folder or hub id")
    data = ROOT.parent / "shared" / "data" / "prompts_dolly.jsonl"
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--ngram", action="store_true")
    parser.add_argument("--vllm-arg", action="append", default=[])
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
