"""`seapo serve` for real: another process with the packaged model, which commands then use."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from running import Seapo
from seapo_cli.backends import serving, vllm
from seapo_cli.options import ServeSettings

ROW = {"prompt": "Which river is the longest?", "response": "The Nile is about 6650 km long."}


@contextmanager
def serve(seapo: Seapo, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "seapo_cli", "serve", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=seapo.environment,
        cwd=seapo.folder,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_commands_use_the_model_that_stays_up(seapo: Seapo) -> None:
    with serve(seapo, "--port", "0") as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        page = Request(f"{url}/models", headers={"Origin": "https://page.example"})
        with pytest.raises(HTTPError, match="403"):
            urlopen(page)
        result = seapo.bare("inject", "-t", "factual", "--base-url", url, stdin=[ROW])
        assert result.code == 0, result.stderr
        (row,) = result.rows
        assert row["negative"] != row["response"]
        # The name stands in store keys: it changes with the file.
        assert row["error"]["model"].startswith("SmolLM2-135M-Instruct.Q4_1-")
        again = seapo.bare("inject", "-t", "factual", "--base-url", url, stdin=[ROW])
        assert "0 requests" in again.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(seapo: Seapo, number: signal.Signals) -> None:
    with serve(seapo, "--port", "0") as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        server.send_signal(number)
        out, _ = server.communicate(timeout=30)
        assert (server.returncode, out) == (0, "")


def test_a_port_in_use_is_one_line(seapo: Seapo) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = seapo.bare("serve", "--port", port)
    assert (result.code, result.stdout) == (2, b"")
    assert port in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_vllm_is_started_with_the_arguments_given() -> None:
    given = ["dtype=bfloat16", "--enforce-eager=true", "block_size=32"]
    arguments = ServeSettings.checked(vllm_args=given).vllm_args
    command = serving.vllm_command("owner/name", 8000, arguments)
    assert command[3:] == [
        *("--model", "owner/name", "--host", "127.0.0.1", "--port", "8000"),
        *("--served-model-name", "owner/name"),
        *("--dtype", "bfloat16", "--enforce-eager", "--block-size", "32"),
    ]


def test_without_vllm_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "find_spec", lambda _: None)
    with pytest.raises(vllm.UsageError, match="vLLM is not installed: pip install "):
        vllm.check_installed()
