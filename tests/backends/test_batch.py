"""Offline batches: what goes out, what comes back, and that the output is that of a live run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from batch_service import answer_all
from running import Result, Seapo, prompts
from seapo_cli.backends import batch
from seapo_cli.exceptions import UsageError
from seapo_cli.options import BackendSettings
from servers import Behaviour, Fault

UNFINISHED = 4
ROWS: list[dict[str, Any]] = [
    {"id": "answered", "prompt": "How long is the Nile?", "response": "About 6650 km, in 1 river."},
    {"id": "open", "prompt": "What is 3 plus 4?"},
]
# Live runs would try the model first, batches take a mode that needs no trial.
INJECT = ["inject", "-t", "factual", "-t", "logical", "--mode", "propose"]


def rounds(seapo: Seapo, *command: str, stdin: list[dict[str, Any]]) -> tuple[Result, int]:
    """Batches until nothing is pending; the last run and the number of batches."""
    rows = seapo.file("rows.jsonl", stdin)
    run = [*command, rows, "-o", "out.jsonl", "--batch-out", "requests.jsonl"]
    known: list[str] = []
    for number in range(1, 12):
        result = seapo.run(*run, *known, "--summary", "summary.json")
        if result.code != UNFINISHED:
            return result, number - 1
        assert not (seapo.folder / "out.jsonl").exists()
        assert seapo.summary()["rows_pending"] > 0
        files = sorted(seapo.folder.glob("requests-*.jsonl"))
        answer_all(seapo.server.url, files, seapo.folder / f"results-{number}.jsonl")
        known = ["--batch-in", "results-*.jsonl"]
    raise AssertionError("always more rounds")


@pytest.mark.parametrize("command", [["sample", "-n", "3"], INJECT], ids=["sample", "inject"])
def test_the_output_is_that_of_a_live_run(seapo: Seapo, command: list[str]) -> None:
    live = seapo.run(*command, "--no-store", stdin=ROWS)
    assert live.rows
    sent = seapo.server.log().attempts()
    seapo.server.set(Behaviour())
    result, count = rounds(seapo, *command, stdin=ROWS)
    assert result.code == live.code, result.stderr
    assert (seapo.folder / "out.jsonl").read_bytes() == live.stdout
    assert count == 1 if command[0] == "sample" else count > 1
    assert seapo.server.log().attempts() == sent  # nothing twice, nothing from here
    assert not list(seapo.folder.glob("requests-*.jsonl"))


def test_a_live_run_goes_on_from_a_batch(seapo: Seapo) -> None:
    seapo.run("sample", "--batch-out", "requests.jsonl", stdin=prompts(5))
    requests = seapo.folder / "requests-00001.jsonl"
    entry = json.loads(requests.read_bytes().splitlines()[0])
    assert (entry["method"], entry["url"]) == ("POST", "/v1/chat/completions")
    assert entry["body"]["model"] == "mock"
    answer_all(seapo.server.url, [requests], seapo.folder / "results.jsonl")
    seapo.server.set(Behaviour())
    more = seapo.run("sample", "--batch-in", "results.jsonl", stdin=prompts(7))
    assert (more.code, len(more.rows)) == (UNFINISHED, 5)
    assert "2 rows wait" in more.stderr
    assert seapo.run("sample", stdin=prompts(7)).code == 0
    assert len(seapo.server.log().entries) == 2


def test_failed_entries_fail_their_rows(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", 400, marker="003"),)))
    result, _ = rounds(seapo, "sample", "--errors", "errors.jsonl", stdin=prompts(6))
    assert result.code == 3
    (error,) = seapo.errors()
    assert error["id"] == "row-3"
    assert error["reason"].startswith("batch: HTTP 400: mock error 400")
    # Without those results it is asked again.
    seapo.server.set(Behaviour())
    for name in ("results-1.jsonl", "out.jsonl"):
        (seapo.folder / name).unlink()
    again, count = rounds(seapo, "sample", stdin=prompts(6))
    assert (again.code, count) == (0, 1)


def test_identical_requests_are_written_once(seapo: Seapo) -> None:
    rows = [{"id": str(number), "prompt": "the same"} for number in range(300)]
    assert seapo.run("sample", "--batch-out", "r.jsonl", stdin=rows).code == UNFINISHED
    assert len((seapo.folder / "r-00001.jsonl").read_bytes().splitlines()) == 1


def test_files_are_split_at_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_REQUESTS", 3)
    monkeypatch.setattr(batch, "MOST_BYTES", 40)
    monkeypatch.setattr(batch, "_is_ours", lambda path: path != tmp_path / "r-mine.jsonl")
    (tmp_path / "r-00004.jsonl").touch()  # of an earlier round
    (tmp_path / "r-mine.jsonl").touch()
    files = batch.RequestFiles(tmp_path / "r.jsonl")
    for line in (b"1\n", b"2\n", b"3\n", b"4\n", b"5" * 37 + b"\n", b"6\n"):
        files.write(line)
    assert not (tmp_path / "r-00001.jsonl").exists()
    files.finish()
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == {
        "r-00001.jsonl": b"1\n2\n3\n",
        "r-00002.jsonl": b"4\n" + b"5" * 37 + b"\n",
        "r-00003.jsonl": b"6\n",
        "r-mine.jsonl": b"",
    }


def test_a_run_that_fails_leaves_no_request_files(seapo: Seapo) -> None:
    bad = b'{"prompt": "fine"}\nnot json\n'
    result = seapo.run("sample", "--batch-out", "r.jsonl", "--max-errors", "0", stdin=bad)
    assert result.code == 1
    assert not list(seapo.folder.glob("r-*.jsonl"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--batch-in", "absent.jsonl"], "absent.jsonl"),
        (["--batch-in", "rows.jsonl"], "rows.jsonl:1"),
        (["--batch-out", "r.jsonl", "--backend", "embedded"], "--backend embedded"),
        (["--batch-out", "r.jsonl", "--no-store"], "--no-store"),
        (["--batch-out", "r.jsonl", "--max-tokens-total", "9"], "--max-tokens-total"),
    ],
)
def test_wrong_use_is_one_line(seapo: Seapo, options: list[str], named: str) -> None:
    rows = seapo.file("rows.jsonl", ROWS)
    before = set(seapo.folder.iterdir())
    result = seapo.run("sample", rows, "-o", "out.jsonl", *options)
    assert result.code == 2
    assert named in result.stderr.splitlines()[-1]
    left = {path for path in set(seapo.folder.iterdir()) - before if "store" not in path.name}
    assert not left


@pytest.mark.parametrize("lacking", ["--model", "--no-store"])
def test_what_a_batch_lacks_is_said_before_a_file_is_opened(seapo: Seapo, lacking: str) -> None:
    rows, old = seapo.file("rows.jsonl", ROWS), seapo.file("errors.jsonl", b"old\n")
    options = ["--model=m", "--no-store"] if lacking == "--no-store" else ["--store=s.sqlite"]
    files = [rows, "-o", "out.jsonl", "--errors", old, "--summary", "summary.json"]
    result = seapo.bare("sample", *files, "--batch-out", "r.jsonl", *options)
    assert (result.code, lacking in result.stderr) == (2, True), result.stderr
    assert {path.name for path in seapo.folder.iterdir()} == {"rows.jsonl", "errors.jsonl"}
    assert (seapo.folder / "errors.jsonl").read_bytes() == b"old\n"


def test_what_was_cut_while_thinking_goes_out_once_more_with_more_room(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(thinks=6000))
    options = ["sample", "--max-tokens", "50", "--errors", "errors.jsonl"]
    result, count = rounds(seapo, *options, stdin=prompts(3))
    assert (result.code, count) == (0, 2), result.stderr
    rows = [json.loads(line) for line in (seapo.folder / "out.jsonl").read_bytes().splitlines()]
    assert len(rows) == 3
    assert all(row["sample"]["reasoning"].startswith("hm") for row in rows)


def test_thinking_without_end_fails_its_row(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(thinks=100_000))
    result, count = rounds(seapo, "sample", "--errors", "errors.jsonl", stdin=prompts(2))
    assert (result.code in (1, 3), count) == (True, 2)
    assert all("finish_reason: length" in error["reason"] for error in seapo.errors())


NO_RESULTS = [
    "[1]",
    "7",
    '{"custom_id": 7}',
    '{"custom_id": "xyz"}',
    '{"custom_id": "ab", "response": "x"}',
    '{"custom_id": "ab", "response": [1]}',
    '{"custom_id": "ab", "response": {"status_code": [1]}}',
    "{",
]


@pytest.mark.parametrize("line", NO_RESULTS)
def test_a_line_that_is_no_result_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(f"{line}\n")
    settings = BackendSettings(model="m", batch_in=(str(path),))

    async def keep(key: bytes, answer: str) -> None:
        raise AssertionError(f"{key!r}: {answer}")

    with pytest.raises(UsageError, match=r"results.jsonl:1"):
        asyncio.run(batch.BatchBackend(settings, "m").prepare(keep))
