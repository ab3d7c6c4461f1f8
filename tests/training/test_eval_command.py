"""`seapo eval` with a real model that is broken off: what was scored stays."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from running import PATIENT, Seapo, killed_at_end
from tiny_model import arithmetic_pairs, save_tiny, write_rows

COUNT = 240


def scored(folder: Path) -> int:
    """Lines of results that are written so far."""
    part = folder / "results.jsonl.seapo.part"
    return len(part.read_bytes().splitlines()) if part.exists() else 0


def begun(seapo: Seapo, command: list[str]) -> subprocess.Popen[bytes]:
    process = seapo.start(*command)
    deadline = time.monotonic() + PATIENT
    while not scored(seapo.folder) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    return process


def test_ctrl_c_and_kill(seapo: Seapo) -> None:
    seapo.environment.pop("OPENAI_BASE_URL")
    model = save_tiny(seapo.folder / "model")
    file = write_rows(seapo.folder / "pairs.jsonl", arithmetic_pairs(COUNT))
    command = ["eval", str(file), "--model", str(model), "-o", "results.jsonl"]
    command += ["--summary", "summary.json"]
    with killed_at_end(begun(seapo, command)) as process:
        process.send_signal(signal.SIGINT)
        result = seapo.finish(process)
    assert result.code == 130, result.stderr
    assert "rows in" in result.stderr
    assert not (seapo.folder / "results.jsonl").exists()
    with killed_at_end(begun(seapo, command)) as process:
        process.kill()
        process.communicate()
    assert not (seapo.folder / "results.jsonl").exists()
    done = seapo.finish(seapo.start(*command))
    assert done.code == 0, done.stderr
    lines = (seapo.folder / "results.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["line"] for line in lines] == list(range(1, COUNT + 1))
    summary = seapo.summary()
    assert summary["from_store"] >= 16
    assert summary["from_store"] + summary["requests_sent"] == COUNT
