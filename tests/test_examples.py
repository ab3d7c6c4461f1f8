"""The programs in examples/: a submitter for batch services, a sweep."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


class BatchService(BaseHTTPRequestHandler):
    """OpenAI's files and batches: each line comes back upper case, lines with "bad" as errors."""

    files: dict[str, bytes]
    batches: dict[str, dict[str, str | None]]

    def do_POST(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/files":
            return self._reply({"id": self._keep(_lines(body, b""))})
        wanted = json.loads(body)
        assert wanted["endpoint"] == "/v1/chat/completions"
        lines = self.files[wanted["input_file_id"]]
        good = [line.upper() for line in lines.splitlines() if b"bad" not in line]
        bad = _lines(lines, b"bad")
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {
            "id": name,
            "status": "in_progress",
            "output_file_id": self._keep(b"\n".join(good)),
            "error_file_id": self._keep(bad) if bad else None,
        }
        return self._reply(self.batches[name])

    def do_GET(self) -> None:
        if self.path.endswith("/content"):
            return self._reply(self.files[self.path.split("/")[-2]])
        batch = self.batches[self.path.split("/")[-1]]
        self._reply(batch)
        batch["status"] = "completed"  # at the next question
        return None

    def _keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    def _reply(self, reply: object) -> None:
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _lines(body: bytes, word: bytes) -> bytes:
    """The lines of a form that are requests."""
    return b"\n".join(
        line for line in body.splitlines() if line.startswith(b'{"custom_id"') and word in line
    )


@pytest.fixture
def service() -> Iterator[str]:
    handler = type("Handler", (BatchService,), {"files": {}, "batches": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_batches_are_submitted_and_fetched(service: str, tmp_path: Path) -> None:
    (tmp_path / "requests-00001.jsonl").write_text('{"custom_id": "a"}\n{"custom_id": "bad"}\n')
    (tmp_path / "requests-00002.jsonl").write_text('{"custom_id": "b"}\n')
    done = subprocess.run(
        [sys.executable, EXAMPLES / "batches.py", "3", *sorted(p.name for p in tmp_path.iterdir())],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_API_KEY": "secret", "OPENAI_BASE_URL": service, "PAUSE": "0.01"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = {path.name: path.read_text() for path in tmp_path.glob("results-*")}
    assert results == {
        "results-3-requests-00001.jsonl": '{"CUSTOM_ID": "A"}',
        "results-3-errors-requests-00001.jsonl": '{"custom_id": "bad"}',
        "results-3-requests-00002.jsonl": '{"CUSTOM_ID": "B"}',
    }


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_a_sweep_trains_one_model_for_each_type_and_rate(tmp_path: Path) -> None:
    words = [f"OUT={tmp_path}", "TYPES=factual logical", "RATES=1e-6 1e-5", "BASE=base"]
    done = subprocess.run(
        ["make", "--dry-run", "-C", EXAMPLES, "-f", "sweep.mk", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.strip() for line in done.stdout.replace("\\\n", "").splitlines()]
    commands = [line.split()[1] for line in lines if line.startswith("seapo ")]
    assert sorted(commands) == ["eval", "filter", "inject", "pair", "pair", *["train"] * 4]
    (last,) = (line for line in lines if line.startswith("seapo eval"))
    arms = [
        f"{tmp_path}/{kind}-{rate}" for kind in ("factual", "logical") for rate in ("1e-6", "1e-5")
    ]
    assert last.split()[2:12] == [word for name in ("base", *arms) for word in ("-m", name)]
