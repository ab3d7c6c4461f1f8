"""`--runner ray` on a real Ray of several processes on this machine."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Result, Seapo, killed_at_end, prompts
from servers import Behaviour, Fault

pytest.importorskip("ray")

SHARDS = 4
ROWS = 12


@pytest.fixture
def shards(seapo: Seapo) -> list[Path]:
    """Input shards with different rows."""
    folder = seapo.folder / "in"
    folder.mkdir()
    for number in range(SHARDS):
        seapo.file(f"in/s{number}.jsonl", prompts(ROWS, start=number * ROWS))
    return sorted(folder.iterdir())


def ray(seapo: Seapo, *options: str, stage: str = "sample") -> Result:
    return seapo.run(stage, "--runner", "ray", "--ray-workers", "2", *options)


def check_as_single(seapo: Seapo, shards: list[Path], stage: str = "sample", *options: str) -> None:
    """The output shards are, byte for byte, those of one process."""
    for shard in shards:
        alone = seapo.folder / f"alone-{shard.name}"
        result = seapo.run(stage, str(shard), "-o", str(alone), *options)
        assert result.code == 0, result.stderr
        assert (seapo.folder / "out" / shard.name).read_bytes() == alone.read_bytes()


def workers(folder: Path) -> Iterator[int]:
    """Processes that hold shards of a run in this folder."""
    home = f"HOME={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_worker = b"ray::MapWorker" in (process / "cmdline").read_bytes()
            if is_worker and home in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
        except OSError:
            continue


def test_the_rows_of_one_process_and_nothing_twice(seapo: Seapo, shards: list[Path]) -> None:
    pattern = str(seapo.folder / "in" / "*.jsonl")
    command = (pattern, "-o", "out", "--summary", "summary.json")
    first = ray(seapo, *command)
    assert (first.code, first.stdout) == (0, b""), first.stderr
    assert first.stderr.startswith("seapo sample: 4 of 4 shards, 48 rows in, 48 out, 0 failed")
    assert len(first.stderr.splitlines()) == 1, "something of Ray's on the terminal"
    assert not list((seapo.folder / "out").rglob("*.part"))
    told = seapo.summary()
    assert (told["rows_in"], told["rows_out"], told["requests_sent"]) == (48, 48, 48)
    assert (told["shards"], told["shards_done"], told["shards_failed"]) == (4, 4, 0)

    (seapo.folder / "out" / "s2.jsonl").unlink()
    again = ray(seapo, *command)
    assert again.code == 0
    assert (seapo.summary()["shards_skipped"], seapo.summary()["shards_done"]) == (3, 1)
    assert (seapo.summary()["rows_in"], seapo.summary()["from_store"]) == (48, ROWS)
    assert len(seapo.server.log().entries) == SHARDS * ROWS

    other = ray(seapo, *command, "--temperature", "0.5")
    assert other.code == 2
    assert "written by another command (other temperature)" in other.stderr
    check_as_single(seapo, shards)


def test_a_killed_worker_s_shard_is_done_again(seapo: Seapo, shards: list[Path]) -> None:
    seapo.server.set(Behaviour(latency=0.3))
    options = ("--runner", "ray", "--ray-workers", "2", "in", "-o", "out", "-c", "1")
    with killed_at_end(seapo.start("sample", *options)) as process:
        seapo.server.wait(answered=6)
        victims = list(workers(seapo.folder))
        assert victims
        os.kill(victims[0], signal.SIGKILL)
        result = seapo.finish(process)
    assert result.code == 0, result.stderr
    assert "4 of 4 shards, 48 rows in, 48 out" in result.stderr
    # What the store kept is not asked again; what was on its way when the worker died is.
    assert len(seapo.server.log().entries) <= SHARDS * ROWS + 1
    check_as_single(seapo, shards)


def test_failed_shards_and_failed_rows(seapo: Seapo, shards: list[Path]) -> None:
    refusal = Fault("status", status=400, marker="number 001")
    key = Fault("status", status=401, marker="number 030")  # the third shard: nothing will do
    seapo.server.set(Behaviour(faults=(refusal, key)))
    command = ("in", "-o", "out", "--errors", "errors", "--summary", "summary.json", "-c", "2")
    result = ray(seapo, *command)
    assert result.code == 1
    assert "s2.jsonl: failed: " in result.stderr
    assert "1 of 4 shards failed" in result.stderr
    assert {path.name for path in (seapo.folder / "out").glob("*.jsonl")} == {
        "s0.jsonl",
        "s1.jsonl",
        "s3.jsonl",
    }
    errors = (seapo.folder / "errors" / "s0.jsonl").read_text().splitlines()
    assert [(json.loads(e)["file"], json.loads(e)["line"]) for e in errors] == [(str(shards[0]), 2)]
    assert seapo.summary()["shards_failed"] == 1

    seapo.server.set(Behaviour(faults=(refusal,)))
    again = ray(seapo, *command)
    assert again.code == 3, "rows that failed in the first run have still failed"
    assert seapo.summary()["shards_skipped"] == 3


def test_a_worker_that_always_dies_loses_its_shard_only(seapo: Seapo, shards: list[Path]) -> None:
    seapo.server.set(Behaviour(faults=(Fault("hang", marker="number 030"),)))
    options = ("--runner", "ray", "--ray-workers", "2", "in", "-o", "out", "-c", "1")
    with killed_at_end(seapo.start("sample", *options)) as process:
        while process.poll() is None:
            time.sleep(0.3)
            if len(list((seapo.folder / "out").glob("*.jsonl"))) == SHARDS - 1:
                for victim in workers(seapo.folder):
                    os.kill(victim, signal.SIGKILL)
        result = seapo.finish(process)
    assert result.code == 1
    assert f"{shards[2].name}: failed: its worker died" in result.stderr


def test_inject_and_filter(seapo: Seapo) -> None:
    (seapo.folder / "in").mkdir()
    rows = [
        {"prompt": f"How far is {n}?", "response": f"It is {n} km away."} for n in range(10, 30)
    ]
    seapo.file("in/a.jsonl", rows[:10])
    seapo.file("in/b.jsonl", rows[10:])
    inputs = sorted((seapo.folder / "in").iterdir())
    injected = ray(seapo, "in", "-o", "out", "-t", "factual", stage="inject")
    assert injected.code in (0, 3), injected.stderr
    assert len(list((seapo.folder / "out").glob("*.jsonl"))) == len(inputs)
    command = ("out", "-o", "kept", "--rejected", "rejected", "--summary", "summary.json")
    kept = ray(seapo, *command, "--no-store", stage="filter")
    assert kept.code == 0, kept.stderr
    told = seapo.summary()
    assert sum(kind["rows"] for kind in told["types"].values()) == told["rows_in"]
    lines = [
        len((seapo.folder / place / name).read_bytes().splitlines())
        for place in ("kept", "rejected")
        for name in ("a.jsonl", "b.jsonl")
    ]
    assert sum(lines) == told["rows_in"]
