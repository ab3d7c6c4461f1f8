"""vLLM in process, for real; only where vLLM and gguf are installed, and then for minutes."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from running import Seapo

pytest.importorskip("vllm")
pytest.importorskip("gguf")

from gguf_to_hf import convert
from seapo_cli.backends.models import find_model
from seapo_cli.backends.vllm import VllmBackend
from vllm_inprocess import check

SMALL = {
    "enforce_eager": True,
    "max_model_len": 4096,
    # vLLM 0.32's CPU engine dies on a seeded request that is read in chunks.
    "enable_chunked_prefill": False,
    "max_num_batched_tokens": 4096,
}
ROW = {"prompt": "Which river is the longest?", "response": "The Nile is about 6650 km long."}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model as vLLM reads it."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    folder = tmp_path_factory.mktemp("checkpoint")
    convert(find_model(None), folder)
    return folder


def test_text_schemas_and_log_probabilities(checkpoint: Path) -> None:
    async def ask() -> dict[str, str]:
        backend = VllmBackend(str(checkpoint), SMALL)
        try:
            return {entry["what"]: entry["found"] for entry in await check(backend)}
        finally:
            await backend.close()

    found = asyncio.run(ask())
    assert "Paris" in found["free text"]
    assert found["the same again"] == "True"
    assert json.loads(found["under a schema"]) == {"city": "Paris"}
    logprobs = [float(found[f"log-probability of {city}"]) for city in ("Paris", "Oslo")]
    assert logprobs[0] > logprobs[1] + 1


def test_the_command_and_again_from_the_store(seapo: Seapo, checkpoint: Path) -> None:
    options = ["--backend", "vllm", "--model", str(checkpoint), "-t", "factual"]
    options += [f"--vllm-arg={name}={json.dumps(value)}" for name, value in SMALL.items()]
    first = seapo.bare("inject", *options, stdin=[ROW])
    assert first.code == 0, first.stderr
    (row,) = first.rows
    assert row["negative"] != row["response"]
    again = seapo.bare("inject", *options, stdin=[ROW])
    assert again.stdout == first.stdout
    assert "0 requests" in again.stderr
