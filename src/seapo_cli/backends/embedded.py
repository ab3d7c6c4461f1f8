"""A small model on this machine: a llama.cpp server that the openai backend talks to.

It runs in a child process (`llama_server`), which can be ended at any moment; inside this one,
Ctrl-C while it answered was a segmentation fault. The model loads with the first request that
the store cannot answer, so running a finished command again costs no start-up.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from seapo_cli.backends import llama_server
from seapo_cli.backends.base import NO_PROMPT_LOGPROBS, NO_REWARDS, Backend
from seapo_cli.backends.loading import announced
from seapo_cli.backends.models import find_model, fingerprint
from seapo_cli.backends.openai import Http, OpenAIBackend
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import BackendFatal, Transient, Unreachable
from seapo_cli.io.threads import DaemonThread
from seapo_cli.options import BackendSettings


async def connect(settings: BackendSettings) -> EmbeddedBackend:
    """The model file that `settings.model` names, or the packaged one."""
    return EmbeddedBackend(find_model(settings.model), settings)


class EmbeddedBackend(Backend):
    """One GGUF model, loaded when first needed."""

    def __init__(self, path: Path, settings: BackendSettings) -> None:
        self._path = path
        self._timeout = settings.timeout
        self.model = path.stem
        self.endpoint = f"embedded:{fingerprint(path)}"
        self.extra = settings.extra_body
        self.concurrency = llama_server.SLOTS
        self._loading = asyncio.Lock()
        self._server: LlamaServer | None = None
        self._client: OpenAIBackend | None = None

    async def complete(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            BackendError: the model cannot be loaded, or the request failed.
        """
        if request.scored:
            raise BackendFatal(f"embedded: {NO_PROMPT_LOGPROBS}")
        if request.reward:
            raise BackendFatal(f"the embedded model {NO_REWARDS}")
        if self._client is None:
            async with self._loading:
                if self._client is None:
                    await self._load()
        assert self._client is not None
        assert self._server is not None
        try:
            return await self._client.complete(request)
        except (Transient, Unreachable) as error:
            if (code := self._server.code) is None:
                raise
            raise BackendFatal(f"{self._path}: llama.cpp ended with exit code {code}") from error

    async def _load(self) -> None:
        self._server = LlamaServer(self._path)
        address = await announced(self.model, DaemonThread().call(self._server.address))
        http = Http(f"{address}/v1", None, self._timeout)
        self._client = OpenAIBackend(http, self.model, extra=self.extra)

    async def close(self) -> None:
        """Stop the server and free the model."""
        if self._client is not None:
            await self._client.close()
        if self._server is not None:
            self._server.stop()


class LlamaServer:
    """A llama.cpp server on loopback, in a child that ends when this process does."""

    def __init__(self, path: Path, name: str | None = None, key: str | None = None) -> None:
        """Start it on any free port; with a key, it answers only callers that show it."""
        self._path = path
        # -P: its folder, which holds an openai.py, must not be where imports are looked for.
        command = [sys.executable, "-P", llama_server.__file__, str(path)]
        self._process = subprocess.Popen(
            command + ([name] if name else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **({llama_server.KEY: key} if key else {})},
        )

    def address(self) -> str:
        """Wait until the model is loaded; where the server listens.

        Raises:
            BackendFatal: it cannot be loaded.
        """
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        if "address" in found:
            return str(found["address"])
        code = self._process.wait()
        reason = found.get("error") or f"it ended with exit code {code}"
        raise BackendFatal(f"{self._path}: llama.cpp cannot load this model: {reason}")

    @property
    def code(self) -> int | None:
        """The exit code, once it has ended."""
        return self._process.poll()

    def stop(self) -> None:
        """End it at once; open requests break off."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
