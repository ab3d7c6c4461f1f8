"""The packaged model for real: inside the command, and over HTTP from a second process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import SOURCES, Seapo, heed_ctrl_c, jsonl, killed_at_end
from seapo_cli.backends.models import find_model

ROWS = [
    {
        "id": "river",
        "prompt": "Which river is the longest?",
        "response": "The Nile is about 6650 km long. It is longer than the Amazon.",
    },
    {
        "id": "sum",
        "prompt": "Tom has 3 apples and buys 4 more. How many has he?",
        "response": "He has 3+4 = <<3+4=7>>7 apples.\n#### 7",
    },
]
TYPES = ["-t", "factual", "-t", "numerical"]


@pytest.fixture
def alone(seapo: Seapo) -> Seapo:
    """The command as on a new machine: no endpoint, no key."""
    del seapo.environment["OPENAI_BASE_URL"], seapo.environment["OPENAI_API_KEY"]
    seapo.fresh = True  # how native code goes down with the interpreter belongs to the test
    return seapo


@pytest.fixture(scope="module")
def model_server() -> Iterator[str]:
    """The packaged model behind HTTP in another process; the base URL."""
    command = [sys.executable, "-m", "seapo_cli", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.kill()


def check_negatives(out: bytes) -> None:
    found = [json.loads(line) for line in out.splitlines()]
    assert [(row["id"], row["error"]["type"]) for row in found] == [
        (row["id"], kind) for row in ROWS for kind in TYPES[1::2]
    ]
    for row in found:
        text = row["response"]
        for edit in reversed(row["error"]["edits"]):
            assert text[edit["start"] : edit["end"]] == edit["original"]
            text = text[: edit["start"]] + edit["replacement"] + text[edit["end"] :]
        assert text == row["negative"] != row["response"]


def test_inject_out_of_the_box(alone: Seapo) -> None:
    """As typed in the README: no server, no key, no model named; and again from the store."""
    result = alone.bare("inject", *TYPES, "--summary", "summary.json", stdin=ROWS)
    assert result.code == 0, result.stderr
    assert "--mode menu" in result.stderr
    check_negatives(result.stdout)
    assert alone.summary()["cached_tokens"] > 0
    again = alone.bare("inject", *TYPES, "--summary", "summary.json", stdin=ROWS)
    assert again.stdout == result.stdout
    assert alone.summary()["requests_sent"] == 0


def test_prompts_are_answered_first(alone: Seapo) -> None:
    prompt = {"prompt": "How many minutes does an hour have? Answer with a number in a sentence."}
    result = alone.bare("inject", "-t", "factual", "--max-tokens", "200", stdin=[prompt])
    assert result.code == 0, result.stderr
    (row,) = result.rows
    assert row["sample"]["finish_reason"] == "stop"
    assert row["response"] != row["negative"]


def test_sample_keeps_log_probabilities(alone: Seapo) -> None:
    options = ["-n", "2", "-T", "0.9", "--max-tokens", "8", "--truncated", "keep", "--logprobs"]
    rows = alone.bare("sample", *options, stdin=[{"prompt": "Tell me a story."}]).rows
    assert len({row["response"] for row in rows}) == 2
    assert [row["sample"]["truncated"] for row in rows] == [True, True]
    assert all(row["sample"]["logprob"]["sum"] < 0 for row in rows)
    assert all(row["sample"]["logprob"]["tokens"] == 8 for row in rows)


def test_a_model_file_can_be_named(alone: Seapo, tmp_path: Path) -> None:
    link = tmp_path / "mine.gguf"
    link.symlink_to(find_model(None))
    options = ["--model", str(link), "--max-tokens", "4", "--truncated", "keep"]
    (row,) = alone.bare("sample", *options, stdin=[{"prompt": "Hello"}]).rows
    assert row["sample"]["model"] == "mine"


def test_a_broken_model_file_is_one_line(alone: Seapo) -> None:
    bad = alone.file("bad.gguf", b"GGUF but not really")
    result = alone.bare("sample", "--model", bad, stdin=[{"prompt": "Hello"}])
    assert result.code == 1
    (line,) = [line for line in result.stderr.splitlines() if "bad.gguf" in line]
    assert "cannot load" in line


def test_the_same_over_http(seapo: Seapo, model_server: str) -> None:
    """The endpoint's only model is found by itself, and known to be the packaged one."""
    result = seapo.bare("inject", "--base-url", model_server, *TYPES, stdin=jsonl(ROWS))
    assert result.code == 0, result.stderr
    check_negatives(result.stdout)


LONG = [{"prompt": f"Tell me a long story about the number {number}."} for number in range(30)]


@pytest.mark.parametrize("moment", ["loading", "answering", "answering later"])
def test_ctrl_c_while_it_loads_or_answers(alone: Seapo, moment: str) -> None:
    with killed_at_end(start_sampling(alone)) as process:
        server = child_of(process.pid)
        if moment != "loading":
            time.sleep(3 if moment == "answering" else 5)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130, told
        assert b"Traceback" not in told
        gone(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_models_process_dies_with_the_command(alone: Seapo, number: signal.Signals) -> None:
    with killed_at_end(start_sampling(alone)) as process:
        server = child_of(process.pid)
        time.sleep(2)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == -number
        gone(server)


def test_ctrl_c_ends_a_whole_pipe(alone: Seapo) -> None:
    rows = alone.file("rows.jsonl", LONG)
    command = f"{sys.executable} -m seapo_cli"
    pipe = f"{command} sample --no-store {rows} | {command} inject -t factual --no-store"
    with subprocess.Popen(
        ["bash", "-c", f"{pipe} > out.jsonl; echo ${{PIPESTATUS[@]}} > codes"],
        env=alone.environment,
        cwd=alone.folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    ) as shell:
        time.sleep(5)
        for pid in children_of(shell.pid):
            os.kill(pid, signal.SIGINT)
        _, told = shell.communicate(timeout=60)
    assert b"Traceback" not in told
    assert (alone.folder / "codes").read_text().split() == ["130", "130"]


def start_sampling(alone: Seapo) -> subprocess.Popen[bytes]:
    rows = alone.file("rows.jsonl", LONG)
    return alone.start_bare("sample", rows, "-o", "out.jsonl", "--no-store")


def children_of(pid: int) -> list[int]:
    return [int(name) for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def child_of(pid: int) -> int:
    """The model's process, once it is there."""
    for _ in range(600):
        for task in Path(f"/proc/{pid}/task").iterdir():
            if found := (task / "children").read_text().split():
                return int(found[0])
        time.sleep(0.1)
    raise AssertionError("no model was started")


def gone(pid: int) -> None:
    """Wait for the end of a process."""
    for _ in range(300):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the model's process lives on")
