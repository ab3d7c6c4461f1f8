"""A small model inside this process: a llama.cpp server that the openai backend talks to.

The model loads with the first request that the store cannot answer, so running a finished
command again costs no start-up.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from seapo_cli.backends.base import NO_PROMPT_LOGPROBS
from seapo_cli.backends.models import find_model, fingerprint, writes_well
from seapo_cli.backends.openai import OpenAIBackend
from seapo_cli.engine.threads import DaemonThread
from seapo_cli.errors import BackendFatal
from seapo_cli.records import Completion, Request
from seapo_cli.settings import BackendSettings

SLOTS = 4
"""Requests that decode together. More slots were no faster with two cores."""
_TOKENS_PER_SLOT = 4096
_PROMPT_CACHE_MB = 256
_QUIET = 0
_SPINS = "1000"
"""How long libgomp's threads spin before they sleep. Measured with two cores: nothing lost when
alone (140 tokens/s), and 53 instead of 2 tokens/s each for two runs side by side, which at the
default of 300,000 mostly wait for each other's spinning threads."""


async def connect(settings: BackendSettings) -> EmbeddedBackend:
    """The model file that `settings.model` names, or the packaged one."""
    return EmbeddedBackend(find_model(settings.model), settings.timeout)


class EmbeddedBackend:
    """One GGUF model, loaded when first needed."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self.model = path.stem
        self.endpoint = f"embedded:{fingerprint(path)}"
        self.concurrency = SLOTS
        self.writes_well = writes_well(self.model)
        self._loading = asyncio.Lock()
        self._server: Any = None
        self._client: OpenAIBackend | None = None

    async def complete(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            BackendError: the model cannot be loaded, or the request failed.
        """
        if request.scored:
            raise BackendFatal(f"embedded: {NO_PROMPT_LOGPROBS}")
        if self._client is None:
            async with self._loading:
                if self._client is None:
                    self._server = await DaemonThread().call(load, self._path)
                    url = f"{self._server.listening_address}/v1"
                    self._client = OpenAIBackend(url, self.model, timeout=self._timeout)
        return await self._client.complete(request)

    async def close(self) -> None:
        """Stop the server and free the model."""
        if self._client is not None:
            await self._client.close()
        self._server = None


def load(path: Path, name: str | None = None, key: str | None = None) -> Any:
    """Start a llama.cpp server with a model on a free port of loopback; with a key, if given.

    Raises:
        BackendFatal: it cannot load the model.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)  # read once, when libgomp loads
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * _TOKENS_PER_SLOT
    parameters.kv_unified = True
    parameters.cache_ram_mib = _PROMPT_CACHE_MB
    parameters.verbosity = _QUIET
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    if key:
        parameters.api_keys = [key]
    if name:
        parameters.model_alias = {name}
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parameters.cpuparams.n_threads = threads or 1
    try:
        return xllamacpp.Server(parameters)
    except (RuntimeError, ValueError) as error:
        raise BackendFatal(f"{path}: llama.cpp cannot load this model: {error}") from None
