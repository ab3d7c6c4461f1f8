"""`seapo audit` and `seapo filter --max-leak` as commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from running import Seapo, jsonl
from seapo_cli.stages.audit.gather import Item
from stages.audit.test_figures import alike, planted
from stages.audit.test_prune import mixed


def rows(items: list[Item]) -> list[dict[str, Any]]:
    return [{"prompt": f"Q{i.prompt}?", "chosen": i.chosen, "rejected": i.rejected} for i in items]


def test_files_and_stdin(seapo: Seapo) -> None:
    one, other = seapo.file("one.jsonl", rows(alike(30))), rows(planted(40))
    result = seapo.bare("audit", one, "-", "--summary", "summary.json", stdin=other)
    assert result.code == 0, result.stderr
    found = json.loads(result.stdout)
    names = [(part["by"], part["name"], part["pairs"]) for part in found["parts"]]
    assert names == [("all", "all", 70), ("source", one, 30), ("source", "stdin", 40)]
    assert found["parts"][2]["told_apart"]
    assert "source stdin" in result.stderr
    summary = seapo.summary()
    assert (summary["rows_in"], summary["parts"]) == (70, found["parts"])


def test_the_same_input_gives_the_same_bytes(seapo: Seapo) -> None:
    file = seapo.file("pairs.jsonl", rows(planted(60)))
    first = seapo.bare("audit", file)
    assert seapo.bare("audit", file, "-o", "audit.json").code == 0
    assert (seapo.folder / "audit.json").read_bytes() == first.stdout


def test_fail_above_is_one_line_and_a_1(seapo: Seapo) -> None:
    leaky = seapo.file("leaky.jsonl", rows(planted(60)))
    result = seapo.bare("audit", leaky, "--fail-above", "0.7", "-o", "audit.json")
    assert result.code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("seapo: told apart above 0.7 without the question: all ")
    assert json.loads((seapo.folder / "audit.json").read_bytes())["parts"]
    clean = seapo.file("clean.jsonl", rows(alike(200)))
    assert seapo.bare("audit", clean, "--fail-above", "0.7").code == 0


def test_bad_lines_are_named_and_the_others_audited(seapo: Seapo) -> None:
    data = b"nonsense\n" + "".join(json.dumps(row) + "\n" for row in rows(alike(20))).encode()
    file = seapo.file("pairs.jsonl", data)
    result = seapo.bare("audit", file)
    assert result.code == 3
    assert f"{file}:1: not valid JSON" in result.stderr
    assert json.loads(result.stdout)["pairs"] == 20


@pytest.mark.parametrize("options", [["nowhere.jsonl"], ["-", "--fail-above", "2"]])
def test_usage_errors(seapo: Seapo, options: list[str]) -> None:
    result = seapo.bare("audit", *options, stdin=rows(alike(20)))
    assert (result.code, result.stdout) == (2, b"")


@pytest.mark.parametrize(
    "options", [["-o", "pairs.jsonl"], ["--summary", "pairs.jsonl"], ["-o", "x", "--summary", "x"]]
)
def test_inputs_are_not_overwritten(seapo: Seapo, options: list[str]) -> None:
    data = jsonl(rows(alike(20)))
    seapo.file("pairs.jsonl", data)
    result = seapo.bare("audit", "pairs.jsonl", *options)
    assert (result.code, "are the same file" in result.stderr) == (2, True), result.stderr
    assert (seapo.folder / "pairs.jsonl").read_bytes() == data


def test_nothing_to_audit(seapo: Seapo) -> None:
    assert seapo.bare("audit", stdin=b"").code == 0
    assert seapo.bare("audit", "--fail-above", "0.7", stdin=b"").code == 1


def test_max_leak(seapo: Seapo) -> None:
    file = seapo.file("pairs.jsonl", rows(mixed()))
    options = ["--preset", "none", "--max-leak", "0.55", "--rejected", "out.jsonl"]
    result = seapo.bare("filter", file, *options, "-o", "kept.jsonl", "--summary", "summary.json")
    assert result.code == 0, result.stderr
    assert "told apart without the question" in result.stderr
    dropped = [json.loads(line) for line in (seapo.folder / "out.jsonl").read_bytes().splitlines()]
    assert dropped
    assert {row["checks"]["leak"]["verdict"] for row in dropped} == {"fail"}
    kept = (seapo.folder / "kept.jsonl").read_bytes().splitlines()
    assert len(kept) + len(dropped) == 250
    told = sum("allegedly" in row["rejected"] for row in dropped)
    assert told > 0.7 * len(dropped)


@pytest.mark.parametrize(
    ("options", "told"), [(["-"], "give a file"), (["FILE", "--check", "tests"], "comes last")]
)
def test_max_leak_reads_twice_and_comes_last(seapo: Seapo, options: list[str], told: str) -> None:
    file = seapo.file("pairs.jsonl", rows(alike(20)))
    given = [file if option == "FILE" else option for option in options]
    result = seapo.bare("filter", *given, "--max-leak", "0.6", stdin=rows(alike(20)))
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr
