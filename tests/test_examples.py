"""The programs in examples/: a submitter for batch services, a sweep."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from json_server import JsonHandler, served

EXAMPLES = Path(__file__).parents[1] / "examples"


class BatchService(JsonHandler):
    """OpenAI's files and batches: each line comes back upper case, lines with "bad" as errors."""

    files: dict[str, bytes]
    batches: dict[str, dict[str, str | None]]

    def post(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/files":
            return self.reply({"id": self._keep(_lines(body, b""))})
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
        return self.reply(self.batches[name])

    def get(self) -> None:
        if self.path.endswith("/content"):
            return self.reply(self.files[self.path.split("/")[-2]])
        batch = self.batches[self.path.split("/")[-1]]
        self.reply(batch)
        batch["status"] = "completed"  # at the next question
        return None

    def _keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name


def _lines(body: bytes, word: bytes) -> bytes:
    """The lines of a form that are requests."""
    return b"\n".join(
        line for line in body.splitlines() if line.startswith(b'{"custom_id"') and word in line
    )


@pytest.fixture
def service() -> Iterator[str]:
    handler = type("Handler", (BatchService,), {"files": {}, "batches": {}})
    with served(handler) as url:
        yield f"{url}/v1"


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
