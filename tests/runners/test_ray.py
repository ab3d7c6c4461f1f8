"""`--runner ray` on a local Ray of several processes. `make test-ray` installs Ray."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("ray")

from running import Seapo, jsonl, killed_at_end, prompts
from servers import Behaviour, Fault, Server

SHARDS, ROWS = 6, 8
RAY = ("--runner", "ray", "--ray-workers", "2")


@pytest.fixture
def ray_seapo(seapo: Seapo) -> Seapo:
    """The command with shards to work on."""
    folder = seapo.folder / "in"
    folder.mkdir()
    for number in range(SHARDS):
        rows = prompts(ROWS, start=number * ROWS)
        (folder / f"part-{number}.jsonl").write_bytes(jsonl(rows))
    return seapo


def alone(seapo: Seapo, stage: str, *options: str) -> dict[str, bytes]:
    """What single-process runs make of the shards."""
    found = {}
    for path in sorted((seapo.folder / "in").iterdir()):
        result = seapo.run(stage, str(path), *options, "--no-store")
        assert result.code in (0, 3), result.stderr
        found[path.name] = result.stdout
    return found


def shards(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jsonl"))}


def test_the_rows_of_a_single_process_once(ray_seapo: Seapo, server: Server) -> None:
    options = ("-t", "factual", "-t", "logical", "--seed", "3")
    expected = alone(ray_seapo, "inject", *options)
    run = ("in", "-o", "out", *options, *RAY, "--summary", "summary.json")
    result = ray_seapo.run("inject", *run)
    # The mock's words do not suit every edit: some rows fail, the same ones.
    assert (result.code, result.stdout) == (3, b""), result.stderr
    assert shards(ray_seapo.folder / "out") == expected
    summary = ray_seapo.summary()
    assert summary["rows_in"] == SHARDS * ROWS
    assert summary["shards"] == {"all": SHARDS, "done": SHARDS, "failed": 0}
    asked = len(server.log().entries)
    (ray_seapo.folder / "out" / "part-3.jsonl").unlink()
    again = ray_seapo.run("inject", *run)
    assert "5 of 6 shards are done already" in again.stderr
    assert shards(ray_seapo.folder / "out") == expected
    assert len(server.log().entries) == asked, "all answers were in the store"
    other = ray_seapo.run("inject", *run, "--edits", "2")
    assert other.code == 2
    assert "holds shards of a run with other options" in other.stderr


def workers_of(parent: int) -> list[int]:
    """Processes of Ray's that work on shards, below a command."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            mine = f"SEAPO_TEST={parent}".encode() in environment
            if mine and words.startswith(b"ray::") and b"MapWorker" in words:
                found.append(int(entry.name))
    return found


def test_a_killed_worker_loses_nothing(ray_seapo: Seapo, server: Server) -> None:
    expected = alone(ray_seapo, "sample")
    server.set(Behaviour(latency=0.3))
    mark = os.getpid()
    ray_seapo.environment["SEAPO_TEST"] = str(mark)
    options = ("in", "-o", "out", *RAY, "--concurrency", "2", "--no-store")
    with killed_at_end(ray_seapo.start("sample", *options)) as process:
        begun = time.monotonic()
        while not shards(ray_seapo.folder / "out"):
            assert process.poll() is None
            assert time.monotonic() - begun < 100
            time.sleep(0.05)
        victim, *_ = workers_of(mark)
        os.kill(victim, signal.SIGKILL)
        result = ray_seapo.finish(process)
    assert result.code == 0, result.stderr
    assert shards(ray_seapo.folder / "out") == expected


def test_a_failed_shard_is_told_and_the_others_are_whole(ray_seapo: Seapo, server: Server) -> None:
    expected = alone(ray_seapo, "sample")
    marker = "number 017"  # in part-2
    server.set(Behaviour(faults=(Fault("status", status=401, marker=marker),)))
    result = ray_seapo.run("sample", "in/*.jsonl", "-o", "out", *RAY)
    assert result.code == 1
    assert "1 of 6 shards failed; the same command tries them again" in result.stderr
    assert f"{ray_seapo.folder}/in/part-2.jsonl: " in result.stderr
    del expected["part-2.jsonl"]
    assert shards(ray_seapo.folder / "out") == expected


def test_failed_rows_and_rejected_ones(ray_seapo: Seapo) -> None:
    pair = {"prompt": "Why?", "response": "As 12 is even.", "negative": "As 13 is even."}
    for number in range(SHARDS):
        rows = [pair, {**pair, "negative": pair["response"]}, {"prompt": "Why?"}]
        (ray_seapo.folder / "in" / f"part-{number}.jsonl").write_bytes(jsonl(rows))
    files = ("--errors", "errors.jsonl", "--summary", "summary.json", "--rejected", "dropped")
    result = ray_seapo.bare("filter", "in", "-o", "out", *RAY, *files)
    assert result.code == 3, result.stderr
    assert len(ray_seapo.errors()) == SHARDS
    assert ray_seapo.summary()["checks"]["changed"]["rejected"] == SHARDS
    dropped = shards(ray_seapo.folder / "dropped")
    assert len(dropped) == SHARDS
    assert all(data.count(b"\n") == 1 for data in dropped.values())
