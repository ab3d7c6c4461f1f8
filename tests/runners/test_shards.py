"""Shards without Ray: which there are, what an output folder remembers, what a worker does."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import fsspec
import pytest

from running import Seapo, jsonl, prompts
from seapo_cli.engine.job import Files, Job
from seapo_cli.engine.session import ModelUse
from seapo_cli.errors import UsageError
from seapo_cli.records import Keys
from seapo_cli.runners.shards import Folder, list_shards
from seapo_cli.runners.work import ATTEMPTS, Worker
from seapo_cli.settings import BackendSettings, EngineSettings, SampleSettings
from seapo_cli.stages.sample import Sample
from servers import Behaviour, Fault, Server


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "b.jsonl").write_bytes(jsonl(prompts(3)))
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(jsonl(prompts(3, start=3))))
    (folder / "notes.txt").write_text("no shard")
    return folder


def test_files_patterns_and_folders(inputs: Path) -> None:
    for name in (inputs, f"{inputs}/*.jsonl*", f"file://{inputs}"):
        assert [shard.name for shard in list_shards(str(name))] == ["a.jsonl", "b.jsonl"]
    (one,) = list_shards(str(inputs / "b.jsonl"))
    assert (one.source, one.size) == (str(inputs / "b.jsonl"), len(jsonl(prompts(3))))
    with pytest.raises(UsageError, match="no such file"):
        list_shards(f"{inputs}/*.parquet")
    (inputs / "a.jsonl").write_text("{}")
    with pytest.raises(UsageError, match="would get the same output"):
        list_shards(str(inputs))


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_a_folder_knows_what_is_done(inputs: Path, tmp_path: Path, kind: str) -> None:
    output = Folder(str(tmp_path / "out") if kind == "local" else f"memory://{tmp_path.name}/out")
    first, second = list_shards(str(inputs))
    output.claim({"n": 1, "types": ("factual",)})
    output.claim({"n": 1, "types": ("factual",)})
    with pytest.raises(UsageError, match="other options"):
        output.claim({"n": 2})
    output.finish(first, {})
    assert output.unfinished([first, second]) == [first, second], "its output is missing"
    output.put(inputs / "b.jsonl", first.name)
    assert output.unfinished([first, second]) == [second]
    changed = type(first)(first.source, first.name, first.size + 1)
    assert output.unfinished([changed]) == [changed]


def worker(server: Server, output: Path) -> Worker:
    Folder(str(output)).claim({})
    backend = BackendSettings(base_url=server.url, model="mock")
    model = ModelUse(backend, EngineSettings(store=None, retries=0, patience=0.1))
    return Worker(Job(Sample(SampleSettings()), Files("-", str(output)), Keys(), model))


def told(worker: Worker, shard: Any) -> dict[str, Any]:
    row = {"source": shard.source, "name": shard.name, "size": shard.size}
    found: dict[str, Any] = json.loads(worker(row)["finished"])
    return found


def test_a_worker_keeps_its_connection_and_counts_each_shard(
    inputs: Path, tmp_path: Path, server: Server
) -> None:
    fsspec.filesystem("memory").pipe("/in/c.jsonl", jsonl([{"prompt": "c"}, {"no": "prompt"}]))
    at_work = worker(server, tmp_path / "out")
    shards = [*list_shards(str(inputs)), *list_shards("memory://in")]
    counts = [told(at_work, shard)["counts"] for shard in shards]
    assert [one["rows_out"] for one in counts] == [3, 3, 1]
    assert [one["rows_failed"] for one in counts] == [0, 0, 1]
    rows = [json.loads(line) for line in (tmp_path / "out" / "a.jsonl").open()]
    assert [row["id"] for row in rows] == [f"row-{n}" for n in (3, 4, 5)]
    (failed,) = Folder(str(tmp_path / "out")).errors(shards[2]).splitlines()
    assert json.loads(failed)["file"] == "memory:///in/c.jsonl"
    assert json.loads(failed)["line"] == 2


def test_a_shard_is_tried_again_and_then_told(inputs: Path, tmp_path: Path, server: Server) -> None:
    (shard,) = list_shards(str(inputs / "b.jsonl"))
    server.set(Behaviour(faults=(Fault("status", status=401),)))
    found = told(worker(server, tmp_path / "out"), shard)
    assert "401" in found["error"]
    assert set(server.log().attempts().values()) == {ATTEMPTS}
    assert not (tmp_path / "out" / "b.jsonl").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["-", "-o", "out"],
        ["in.jsonl"],
        ["in.jsonl", "-o", "out", "--batch-out", "requests.jsonl"],
        ["*.parquet", "-o", "out"],
    ],
)
def test_what_cannot_be_done_is_one_line(seapo: Seapo, options: list[str]) -> None:
    seapo.file("in.jsonl", [{"prompt": "What?"}])
    result = seapo.run("sample", "--runner", "ray", *options)
    assert (result.code, result.stdout) == (2, b"")
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert not (seapo.folder / "out").exists()
