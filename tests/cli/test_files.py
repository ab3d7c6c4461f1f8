"""Files of a run: equal paths, closed pipes, full disks, odd names and streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pairing.made import many
from running import Seapo, jsonl, killed_at_end, prompts

PAIRS = many(3)


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "rows.jsonl"],
        ["-o", "./link.jsonl"],
        ["-o", "hard.jsonl"],
        ["--errors", "rows.jsonl"],
        ["--summary", "rows.jsonl"],
        ["-o", "x", "--errors", "x"],
        ["-o", "x", "--rejected", "./x"],
        ["-o", "x", "--summary", "x"],
        ["--errors", "x", "--rejected", "x"],
        ["-o", "x", "--errors", "x.seapo.part"],
    ],
    ids=" ".join,
)
def test_equal_paths_are_refused_before_anything_is_opened(
    seapo: Seapo, options: list[str]
) -> None:
    rows = Path(seapo.file("rows.jsonl", PAIRS))
    (seapo.folder / "link.jsonl").symlink_to(rows)
    (seapo.folder / "hard.jsonl").hardlink_to(rows)
    result = seapo.bare("filter", "rows.jsonl", *options)
    assert result.code == 2, result.stderr
    assert "are the same file" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert rows.read_bytes() == jsonl(PAIRS)
    assert not (seapo.folder / "x").exists()


def test_dev_null_may_stand_for_several_outputs(seapo: Seapo) -> None:
    files = [part for name in ("-o", "--errors", "--rejected") for part in (name, "/dev/null")]
    assert seapo.bare("filter", seapo.file("rows.jsonl", PAIRS), *files).code == 0


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "x", "--eval-split", "0.5", "--eval-output", "x"],
        ["-o", "x", "-f", "llamafactory", "--dataset-info", "x"],
        ["--decontaminate", "sets.jsonl", "-o", "sets.jsonl"],
    ],
    ids=" ".join,
)
def test_equal_paths_of_pair(seapo: Seapo, options: list[str]) -> None:
    sets = Path(seapo.file("sets.jsonl", prompts(1)))
    result = seapo.bare("pair", seapo.file("rows.jsonl", PAIRS), *options)
    assert (result.code, "are the same file" in result.stderr) == (2, True), result.stderr
    assert sets.read_bytes() == jsonl(prompts(1))


def test_equal_paths_of_model_runs(seapo: Seapo) -> None:
    rows = seapo.file("data-00001.jsonl", prompts(2))
    for options in (["--store", rows], ["--batch-out", "data.jsonl"], ["-o", "store.sqlite"]):
        result = seapo.run("sample", rows, *options)
        assert (result.code, "are the same file" in result.stderr) == (2, True), result.stderr
    assert Path(rows).read_bytes() == jsonl(prompts(2))
    folder = seapo.bare("sample", ".", "-o", "out.jsonl")
    assert (folder.code, "are the same file" in folder.stderr) == (2, True)


def test_a_batch_leaves_files_alone_that_seapo_did_not_write(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", prompts(2))
    for mine in ("data-00001.jsonl", "data-00007.jsonl"):
        seapo.file(mine, b'{"prompt": "mine"}\n')
        result = seapo.run("sample", rows, "--batch-out", "data.jsonl")
        assert (result.code, f"{mine} is not a file" in result.stderr) == (2, True)
        assert (seapo.folder / mine).read_bytes() == b'{"prompt": "mine"}\n'
        (seapo.folder / mine).unlink()
    for _ in range(2):  # its own it may write again
        assert seapo.run("sample", rows, "--batch-out", "data.jsonl").code == 4


def test_appending_to_the_input_is_refused(seapo: Seapo) -> None:
    rows = Path(seapo.file("rows.jsonl", PAIRS))
    with rows.open("ab") as output:
        command = [sys.executable, "-m", "seapo_cli", "filter", str(rows)]
        run = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, rows.read_bytes()) == (2, jsonl(PAIRS))


def test_a_closed_pipe_names_no_half_files(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", many(3000))
    old = seapo.file("dropped.jsonl", b"old\n")
    with killed_at_end(
        seapo.start("filter", rows, "--preset", "none", "--rejected", old, "--model", "x")
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.stdout.close()
        run.stdout = None
        result = seapo.finish(run)
    assert (result.code, "dropped.jsonl incomplete" in result.stderr) == (1, True), result.stderr
    assert Path(old).read_bytes() == b"old\n"


def test_reports_that_cannot_be_written_are_told_first(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", prompts(2))
    for option in ("--summary", "--errors"):
        result = seapo.run("sample", rows, option, "missing/file")
        assert (result.code, f"{option}: missing/file: cannot write" in result.stderr) == (2, True)
    bad = seapo.file("bad.jsonl", b"bad\n")
    for option, path in (("--errors", bad), ("--summary", rows)):
        full = seapo.run("sample", path, option, "/dev/full")
        assert (full.code, "No space left" in full.stderr) == (1, True), full.stderr
    assert len(seapo.server.log().entries) == 2


def test_a_run_that_does_not_begin_leaves_the_reports_of_an_earlier_one(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", prompts(2))
    reports = [seapo.file(name, b"old\n") for name in ("errors.jsonl", "summary.json")]
    options = ["-o", "out.jsonl", "--errors", reports[0], "--summary", reports[1]]
    for code, model in (
        (2, ["--backend", "embedded", "--model", "missing.gguf"]),
        (1, ["--base-url", "http://127.0.0.1:9/v1"]),  # nobody is there to list models
    ):
        result = seapo.bare("sample", rows, *options, *model)
        assert result.code == code, result.stderr
        assert [Path(report).read_bytes() for report in reports] == [b"old\n"] * 2
        assert not list(seapo.folder.glob("*.part"))


def test_stderr_that_cannot_be_written_is_no_failure(seapo: Seapo) -> None:
    rows = seapo.file("rows.jsonl", PAIRS)
    for redirection in ("2>/dev/full", "2>&-"):
        out = seapo.folder / "out.jsonl"
        out.unlink(missing_ok=True)
        command = (
            f"{sys.executable} -m seapo_cli filter --preset none {rows} -o {out} {redirection}"
        )
        assert (
            subprocess.run(command, shell=True, env=seapo.environment, check=False).returncode == 0
        )
        assert out.read_bytes().count(b"\n") == len(PAIRS)


@pytest.mark.parametrize("redirection", ["<&-", ">&-"])
def test_closed_streams_are_one_line(seapo: Seapo, redirection: str) -> None:
    command = f"{sys.executable} -m seapo_cli filter --preset none --check length {redirection}"
    run = subprocess.run(
        command,
        shell=True,
        input=jsonl(PAIRS),
        env=seapo.environment,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert b"Bad file descriptor" in run.stderr


def test_names_that_are_not_utf_8(seapo: Seapo) -> None:
    name = os.fsencode(seapo.folder) + b"/r\xff.jsonl"
    with open(name, "wb") as file:  # noqa: PTH123, a path of bytes
        file.write(jsonl(PAIRS) + b"bad\n")
    result = seapo.bare(
        "filter", os.fsdecode(name), "--errors", "errors.jsonl", "-o", os.fsdecode(b"o\xfe.jsonl")
    )
    assert result.code == 3, result.stderr
    assert seapo.errors()[0]["file"].endswith("/r\\xff.jsonl")
    assert b"o\xfe.jsonl" in os.listdir(os.fsencode(seapo.folder))  # noqa: PTH208


@pytest.mark.parametrize(
    "name", ["ftp://127.0.0.1:1/x.jsonl", "data://x", "github://x", "http://["]
)
def test_odd_addresses_are_one_line(seapo: Seapo, name: str) -> None:
    result = seapo.bare("filter", name)
    assert (result.code, result.stderr.splitlines()[-1][:6]) == (2, "seapo:"), result.stderr


def test_no_row_succeeded(seapo: Seapo) -> None:
    old = seapo.file("out.jsonl", b"old\n")
    for command in (["filter"], ["sample"], ["inject", "-t", "factual"], ["pair"]):
        run = seapo.run(
            *command, "-o", old, "--errors", "errors.jsonl", stdin=b'{"text": 1}\n' * 300
        )
        assert (run.code, "no row succeeded, 300 failed" in run.stderr) == (1, True), run.stderr
        assert Path(old).read_bytes() == b"old\n"
        assert len(seapo.errors()) == 300


def test_a_reason_is_told_once(seapo: Seapo) -> None:
    rows = b'{"text": 1}\n' * 300 + jsonl(PAIRS)
    result = seapo.bare("filter", stdin=rows)
    told = [line for line in result.stderr.splitlines() if "no prompt" in line]
    assert result.code == 3
    assert len(told) == 2
    assert "stdin: 299 more: no prompt" in told[1]


def test_empty_input_and_an_empty_eval_split_are_told(seapo: Seapo) -> None:
    assert "stdin holds no rows" in seapo.bare("filter").stderr
    options = ["--eval-split", "0.01", "--eval-output", "eval.jsonl"]
    result = seapo.bare("pair", *options, stdin=many(2))
    assert (result.code, "eval.jsonl is empty" in result.stderr) == (0, True), result.stderr


def test_rows_keep_large_numbers_and_depth(seapo: Seapo) -> None:
    deep = "[" * 300 + "]" * 300
    too_deep = "[" * 1000 + "]" * 1000
    numbers = {"least": -(2**63) - 1, "most": 2**64, "long": 10**40, "all": [2**64 - 1, 2**70]}
    rows = [{**row, **numbers} for row in PAIRS]
    data = jsonl(rows)
    for nested in (deep, too_deep):
        data += jsonl(PAIRS[:1])[:-2] + f', "id": "{len(nested)}", "deep": {nested}}}\n'.encode()
    result = seapo.bare(
        "filter", "--preset", "none", "--errors", "errors.jsonl", stdin=data + jsonl(rows[:1])
    )
    assert result.code in (0, 3), result.stderr
    found = [row for row in result.rows if "most" in row]
    assert len(found) == len(PAIRS) + 1
    assert all(row[key] == value for row in found for key, value in numbers.items())
    assert any(len(json.dumps(row)) > 600 and "deep" in row for row in result.rows)


def test_show_bears_odd_rows(seapo: Seapo) -> None:
    nested = json.loads("[" * 500 + '"x"' + "]" * 500)
    rows = [
        {**PAIRS[0], "checks": {"length": {"verdict": ["fail"]}}},
        {**PAIRS[0], "id": nested},
        {"prompt": nested, "response": "x"},
    ]
    result = seapo.bare("show", seapo.file("rows.jsonl", rows))
    assert result.code == 3, result.stderr


@pytest.mark.parametrize(
    "command", [("filter",), ("pair", "--strategy", "all"), ("show", "-t", "none")]
)
def test_types_out_of_data_stay_short_and_on_their_line(
    seapo: Seapo, command: tuple[str, ...]
) -> None:
    types = ["x" * 50_000, "a\n" * 500, "\x1b[2J\x07", "```python\n" * 50]
    rows = seapo.file("rows.jsonl", many(1, types))
    found = seapo.bare(command[0], rows, *command[1:]).stderr
    assert len(found) < 5000
    assert found.count("\n") < 20
    assert "\x1b" not in found
    assert "xxx" in found
