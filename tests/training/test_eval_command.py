"""`seapo eval` with a real model that is broken off: what was scored stays."""

from __future__ import annotations

import json
import os
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


def loading(process: subprocess.Popen[bytes]) -> int:
    """The program that the command has started, as soon as it loads a model."""
    deadline = time.monotonic() + PATIENT
    while time.monotonic() < deadline:
        for file in Path(f"/proc/{process.pid}/task").glob("*/children"):
            for child in map(int, file.read_text().split()):
                if "/tokenizers/" in Path(f"/proc/{child}/maps").read_text():
                    return child
        time.sleep(0.02)
    raise AssertionError("no model is loaded")


def test_a_kill_while_the_model_loads_leaves_no_process(seapo: Seapo) -> None:
    seapo.environment.pop("OPENAI_BASE_URL")
    model = save_tiny(seapo.folder / "model")
    (model / "model.safetensors").unlink()
    index = {"metadata": {"total_size": 1}, "weight_map": {"lm_head.weight": "slow.bin"}}
    (model / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    os.mkfifo(model / "slow.bin")
    file = write_rows(seapo.folder / "pairs.jsonl", arithmetic_pairs(2))
    command = ["eval", str(file), "--model", str(model), "-o", "results.jsonl"]
    with killed_at_end(seapo.start(*command)) as process:
        child = loading(process)
        process.kill()
        try:
            process.communicate(timeout=30)  # ends when nobody has its stderr open any more
        except subprocess.TimeoutExpired:
            os.kill(child, signal.SIGKILL)
            raise
