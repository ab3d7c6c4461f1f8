"""Shards without Ray: listing, what a folder remembers, one worker."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from pathlib import Path

import pytest

from running import jsonl, prompts
from seapo_cli.engine.session import ModelUse
from seapo_cli.exceptions import UsageError
from seapo_cli.options import BackendSettings, EngineSettings, SampleSettings
from seapo_cli.rows import Keys
from seapo_cli.runners import work
from seapo_cli.runners.sharded import describe
from seapo_cli.runners.shards import Folder, Folders, ShardReport, find_shards
from seapo_cli.runners.work import Plan, Worker
from seapo_cli.stages.sample import Sample
from servers import Behaviour, Fault, Server

pytest.importorskip("fsspec")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("b.jsonl", "a.jsonl"):
        (folder / name).write_bytes(jsonl(prompts(3)))
    for name in ("notes.txt", "cache-1f.arrow"):
        (folder / name).write_text("not a shard")
    return folder


def plan(server: Server, out: Path, **engine: object) -> Plan:
    backend = BackendSettings(base_url=server.url, model="mock")
    settings = EngineSettings.checked(store=None, **engine)
    return Plan(Sample(SampleSettings()), Keys(), ModelUse(backend, settings), Folders(str(out)))


def test_files_patterns_and_folders(inputs: Path) -> None:
    for path in (inputs, f"{inputs}/", f"{inputs}/*.jsonl", f"file://{inputs}/?.jsonl"):
        assert [shard.name for shard in find_shards(str(path))] == ["a.jsonl", "b.jsonl"]
    (one,) = find_shards(str(inputs / "a.jsonl"))
    assert (one.path, one.size) == (str(inputs / "a.jsonl"), (inputs / "a.jsonl").stat().st_size)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("*.csv", "no such shards"),
        ("notes.txt", "a shard must end in .jsonl"),
        ("../*/a.jsonl", "would have one name"),
    ],
)
def test_what_cannot_be_shards_is_one_clear_line(inputs: Path, name: str, told: str) -> None:
    other = inputs.parent / "other"
    other.mkdir()
    (other / "a.jsonl").write_text("{}")
    with pytest.raises(UsageError, match=told):
        find_shards(f"{inputs}/{name}")


def test_compressed_shards_give_plain_ones(inputs: Path) -> None:
    packed = inputs / "c.jsonl.gz"
    packed.write_bytes(gzip.compress(jsonl(prompts(3))))
    assert [shard.name for shard in find_shards(str(inputs))] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    packed.rename(inputs / "b.jsonl.gz")
    with pytest.raises(UsageError, match="would have one name"):
        find_shards(str(inputs))


def test_unknown_kinds_of_paths_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        find_shards("nonsense://x/*.jsonl")


def test_a_folder_remembers_command_and_shards(inputs: Path, tmp_path: Path) -> None:
    shards = find_shards(str(inputs))
    out = Folder(str(tmp_path / "out"))
    out.claim(shards, {"n": 1})
    out.claim(shards, {"n": 1})
    with pytest.raises(UsageError, match="other n"):
        out.claim(shards, {"n": 2})
    assert out.finished(shards[0]) is None
    out.record(ShardReport(shard=shards[0]))
    assert out.finished(shards[0]) is None, "its output is missing"
    with out.file("a.jsonl") as file:
        file.write(b"{}\n")
    assert out.finished(shards[0]) == ShardReport.model_validate(out.finished(shards[0]))
    os.utime(inputs / "a.jsonl", (1, 1))
    with pytest.raises(UsageError, match="changed since"):
        out.finished(find_shards(str(inputs))[0])


def test_a_folder_with_other_files_is_not_taken(inputs: Path) -> None:
    shards = find_shards(str(inputs))
    with pytest.raises(UsageError, match="the same file"):
        Folders(str(inputs)).refuse_equal(shards, None, None)
    with pytest.raises(UsageError, match=r"-o .* and --errors"):
        Folders("new", errors="./new/").refuse_equal(shards, None, None)
    with pytest.raises(UsageError, match="--summary"):
        Folders("new").refuse_equal(shards, inputs / "a.jsonl", None)
    other = inputs.parent / "other"
    other.mkdir()
    (other / "a.jsonl").write_text("mine")
    with pytest.raises(UsageError, match="already"):
        Folder(str(other)).claim(shards, {})
    assert (other / "a.jsonl").read_text() == "mine"


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), Folder(str(tmp_path)).file("a.jsonl") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl.seapo.part"]


def test_shards_on_another_file_system(server: Server, inputs: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/in/a.jsonl", jsonl(prompts(3)))
    (shard,) = find_shards("memory://in/*.jsonl")
    chosen = Plan(
        Sample(SampleSettings()),
        Keys(),
        plan(server, inputs).model,
        Folders("memory://out", "memory://errors"),
    )
    folder = Folder("memory://out")
    folder.claim([shard], describe(chosen, SampleSettings(), {}))
    report = Worker(chosen).work(shard)
    assert (report.error, report.tally.rows_out) == (None, 3)
    assert memory.cat_file("/out/a.jsonl").count(b"\n") == 3
    assert memory.cat_file("/errors/a.jsonl") == b""
    assert folder.finished(shard) == report


def test_a_worker_connects_once_and_tries_again(
    server: Server, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_PAUSE_SECONDS", 0)
    connected = []

    async def connect(settings: BackendSettings) -> object:
        connected.append(settings)
        return await original(settings)

    original = work.connect
    monkeypatch.setattr(work, "connect", connect)
    shards = find_shards(str(inputs))
    out = Folder(str(tmp_path / "out"))
    out.claim(shards, {})
    worker = Worker(plan(server, tmp_path / "out"))
    assert [worker.work(shard).error for shard in shards] == [None, None]
    assert len(connected) == 1

    server.set(Behaviour(faults=(Fault("status", status=401, total=1),)))
    (tmp_path / "out" / "a.jsonl").unlink()
    assert worker.work(shards[0]).error is None
    assert len(connected) == 2, "a backend that failed is made anew"

    server.set(Behaviour(faults=(Fault("status", status=401),)))
    failed = worker.work(shards[0])
    assert failed.error is not None
    assert failed.error.endswith("(tried 3 times)")
    assert len(failed.error.splitlines()) == 1
