"""Guarantees 1, 2, 5 and 8: bounded, ordered, nothing lost to one bad row, quiet and clear."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from running import Result, Seapo, jsonl, killed_at_end, prompts
from servers import Behaviour, Fault

GOOD = b'{"id": "a", "prompt": "first"}\n'
LAST = b'{"id": "z", "prompt": "last"}'
BAD = {
    "invalid UTF-8": b'{"id": "b", "prompt": "\xff\xfe"}',
    "invalid JSON": b'{"id": "b", "prompt": ',
    "array": b'["b", "prompt"]',
    "string": b'"prompt"',
    "null": b"null",
    "two values": b'{"id": "b", "prompt": "x"} {"id": "c", "prompt": "y"}',
    "missing keys": b'{"id": "b", "text": "no prompt here"}',
    "prompt of a wrong type": b'{"id": "b", "prompt": 5}',
    "empty prompt": b'{"id": "b", "prompt": ""}',
    "empty messages": b'{"id": "b", "prompt": []}',
    "message without content": b'{"id": "b", "prompt": [{"role": "user"}]}',
    "lone surrogate": b'{"id": "b", "prompt": "\\ud800"}',
    "NaN": b'{"id": "b", "prompt": "x", "score": NaN}',
    "deeply nested": b'{"id": "b", "prompt": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "50 MB line": b'{"id": "b", "prompt": "' + b"x" * (50 << 20) + b'"}',
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_bad_line_costs_only_itself(seapo: Seapo, line: bytes) -> None:
    rows = seapo.file("rows.jsonl", GOOD + line + b"\n" + LAST)
    result = seapo.run("sample", rows, "--errors", "errors.jsonl", "--summary", "summary.json")
    assert result.code == 3, result.stderr
    assert [row["id"] for row in result.rows] == ["a", "z"]
    (error,) = seapo.errors()
    assert (error["file"], error["line"], error["stage"]) == (rows, 2, "sample")
    assert error["reason"]
    assert "\n" not in error["reason"]
    summary = seapo.summary()
    assert (summary["rows_in"], summary["rows_out"], summary["rows_failed"]) == (3, 2, 1)


def test_bad_lines_are_told_on_stderr_without_an_errors_file(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", GOOD + b"\n\nnonsense\n" + LAST)
    result = seapo.run("sample", rows)
    assert (result.code, len(result.rows)) == (3, 2)
    assert f"{rows}:4" in result.stderr


@pytest.mark.parametrize("data", [b"", b"\n \r\n\n"], ids=["empty", "blank"])
@pytest.mark.parametrize("target", ["-", "out.jsonl"])
def test_empty_input_is_no_failure(seapo: Seapo, data: bytes, target: str) -> None:
    result = seapo.run("sample", "-o", target, stdin=data)
    assert (result.code, result.stdout) == (0, b"")
    assert target == "-" or (seapo.folder / target).read_bytes() == b""


def test_line_ends_and_byte_order_mark(seapo: Seapo) -> None:
    data = b"\xef\xbb\xbf" + jsonl(prompts(3)).replace(b"\n", b"\r\n")
    result = seapo.run("sample", stdin=data)
    assert (result.code, len(result.rows)) == (0, 3)


def test_missing_input_file(seapo: Seapo) -> None:
    result = seapo.run("sample", "nowhere.jsonl")
    assert (result.code, result.stdout) == (2, b"")
    assert "nowhere.jsonl" in result.stderr


def test_output_order_is_input_order(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(jitter=0.2))
    result = seapo.run("sample", "--concurrency", "16", "-n", "2", stdin=prompts(40))
    assert [(row["id"], row["sample"]["index"]) for row in result.rows] == [
        (f"row-{n}", index) for n in range(40) for index in range(2)
    ]
    sent = [entry.sent for entry in seapo.server.log().entries]
    assert sent != sorted(sent, key=lambda moment: moment or 0.0), "answers came in order"


def test_keys_of_a_row_pass_through(seapo: Seapo) -> None:
    row = {"zeta": [1, {"ü": None}], "prompt": "x", "id": "1", "score": 0.1, "big": 2**60}
    (out,) = seapo.run("sample", stdin=[row]).rows
    assert {key: out[key] for key in row} == row
    assert list(out)[: len(row)] == list(row)


def test_rows_stream(seapo: Seapo) -> None:
    """A row that came in through a pipe goes out before the next one is there."""
    with killed_at_end(seapo.start("sample")) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for row in prompts(3):
            process.stdin.write(jsonl([row]))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == row["id"]
        assert seapo.finish(process).code == 0


def closed_early(seapo: Seapo, process: subprocess.Popen[bytes]) -> Result:
    """Read one row as `head -1` does, then close the pipe."""
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    return seapo.finish(process)


def test_closed_stdout_is_no_failure(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.01))
    rows = seapo.file("rows.jsonl", prompts(300))
    with killed_at_end(seapo.start("sample", rows, "--concurrency", "4")) as process:
        result = closed_early(seapo, process)
    assert result.code == 0, result.stderr
    assert len(seapo.server.log().entries) < 300
    assert "rror" not in result.stderr


def test_full_stdout(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", prompts(2))
    with killed_at_end(seapo.start("sample", rows, "-o", "/dev/full")) as process:
        result = seapo.finish(process)
    assert result.code in (1, 2)
    assert "/dev/full" in result.stderr


def test_memory_does_not_grow_with_the_input(seapo: Seapo) -> None:
    """One request, very many rows: what they weigh together must not show.

    In processes of their own: a forked one starts with the memory of all tests before it.
    """
    alone, pad = replace(seapo, fresh=True), "x" * 2000

    def peak_mb(count: int) -> float:
        rows, peak = alone.file(f"{count}.jsonl", [{"prompt": "x", "pad": pad}] * count), 0.0
        with killed_at_end(alone.start("sample", rows, "-o", f"{count}.out")) as process:
            while found := high_water_mark(process.pid):
                peak = found
                time.sleep(0.01)
            assert process.wait() == 0
        assert Path(alone.folder, f"{count}.out").stat().st_size > count * len(pad)
        return peak

    few, many = peak_mb(500), peak_mb(20_000)
    assert 0 < many < few + 15, f"{few:.0f} MB for 500 rows, {many:.0f} MB for 20,000"


def high_water_mark(pid: int) -> float | None:
    """MB that a process has held at most; None once it has ended. Unlike what `wait4` says, without
    the memory of the process that started it.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


def test_only_rows_on_stdout_and_the_summary_adds_up(seapo: Seapo) -> None:
    faults = (Fault("status", 500, first=1, marker="002"), Fault("status", 400, marker="004"))
    seapo.server.set(Behaviour(faults=faults))
    rows = [*prompts(6), prompts(1)[0] | {"id": "again"}]
    result = seapo.run("sample", "--summary", "summary.json", stdin=rows)
    assert result.code == 3
    assert all(row["sample"]["usage"]["prompt_tokens"] for row in result.rows)
    summary = seapo.summary()
    expected = {"rows_in": 7, "rows_out": 6, "rows_failed": 1, "requests_sent": 7, "retries": 1}
    assert {key: summary[key] for key in expected} == expected
    sent = len(seapo.server.log().entries)
    assert sent == 7
    seapo.run("sample", "--summary", "summary.json", stdin=prompts(2))
    assert (seapo.summary()["requests_sent"], seapo.summary()["from_store"]) == (0, 2)
