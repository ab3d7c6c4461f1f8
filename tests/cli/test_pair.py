"""`seapo pair` as a command: files, failures, exit codes, and that nothing is left behind."""

from __future__ import annotations

import json
import random

import pytest

from pairing.made import Data, answers, many, typed
from running import Seapo, jsonl
from servers import Behaviour, Fault


def left_behind(seapo: Seapo) -> set[str]:
    names = {path.name for path in seapo.folder.iterdir()}
    return {name for name in names if name.startswith(".seapo") or name.endswith(".part")}


@pytest.mark.parametrize("options", [[], ["--order", "easy-to-hard"], ["--mix", "logic=1"]])
def test_a_pipe_gives_the_same_bytes_as_a_file(seapo: Seapo, options: list[str]) -> None:
    rows = many(30)
    random.Random(0).shuffle(rows)
    file = seapo.file("rows.jsonl", rows)
    piped = seapo.run("pair", *options, stdin=rows)
    assert (piped.code, len(piped.rows)) == (0, 30)
    written = seapo.run("pair", file, "-o", "pairs.jsonl", *options)
    assert (written.code, written.stdout) == (0, b"")
    assert (seapo.folder / "pairs.jsonl").read_bytes() == piped.stdout
    assert not left_behind(seapo)


def test_bad_lines_are_reported_and_do_not_split_a_group(seapo: Seapo) -> None:
    first, second, third = map(jsonl, ([row] for row in typed(1)))
    data = first + b"nonsense\n\n" + second + b'{"prompt": "x", "response": "y"}\n' + third
    rows = seapo.file("rows.jsonl", data)
    result = seapo.run("pair", rows, "--errors", "errors.jsonl", "--summary", "summary.json")
    assert (result.code, len(result.rows)) == (3, 1)
    assert [error["line"] for error in seapo.errors()] == [2, 5]
    assert {error["stage"] for error in seapo.errors()} == {"pair"}
    summary = seapo.summary()
    wanted = {"rows_in": 5, "rows_out": 1, "rows_failed": 2, "prompts": 1, "pairs": 1}
    assert {key: summary[key] for key in wanted} == wanted


def test_max_errors_leaves_no_output(seapo: Seapo) -> None:
    result = seapo.run("pair", "-o", "pairs.jsonl", "--max-errors", "0", stdin=b"bad\n" * 2)
    assert result.code == 1
    assert not (seapo.folder / "pairs.jsonl").exists()


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_empty_input_is_no_failure(seapo: Seapo, data: bytes) -> None:
    assert seapo.run("pair", stdin=data).code == 0
    assert seapo.run("pair", "--balance", "type", stdin=data).code == 0


def test_the_rest_of_a_file_that_somebody_began_to_read(seapo: Seapo) -> None:
    """`(read first; seapo pair) < rows.jsonl`: stdin is a file, but not at its beginning."""
    rows = many(3)
    seapo.file("rows.jsonl", rows)
    with (seapo.folder / "rows.jsonl").open("rb", buffering=0) as file:
        file.seek(len(jsonl(rows[:3])))
        process = seapo.start("pair", stdin=file)
        result = seapo.finish(process)
    assert [row["prompt"][0]["content"][-4:-1] for row in result.rows] == ["001", "002"]


def test_eval_split(seapo: Seapo) -> None:
    options = ["-o", "train.jsonl", "--eval-split", "0.2", "--eval-output", "eval.jsonl"]
    result = seapo.run("pair", *options, "--summary", "summary.json", stdin=many(100))
    assert result.code == 0
    files = [seapo.folder / name for name in ("train.jsonl", "eval.jsonl")]
    sides = [
        {str(json.loads(line)["prompt"]) for line in file.read_bytes().splitlines()}
        for file in files
    ]
    assert not sides[0] & sides[1]
    assert sum(map(len, sides)) == 100
    assert seapo.summary()["evaluation_pairs"] == len(sides[1])


def test_decontaminate_counts_what_it_drops(seapo: Seapo) -> None:
    eval_set = seapo.file("eval.jsonl", [{"question": "what is number 007"}])
    options = ["--decontaminate", eval_set, "--summary", "summary.json"]
    result = seapo.run("pair", *options, stdin=many(10))
    assert (result.code, len(result.rows)) == (0, 9)
    assert seapo.summary()["contaminated_prompts"] == 1
    assert "1 prompts dropped" in result.stderr


def test_a_mix_that_cannot_hold_is_told(seapo: Seapo) -> None:
    rows = many(8, ["factual"]) + typed(20) + typed(21)
    options = ["--mix", "factual=0.5,logical=0.5", "--summary", "summary.json"]
    result = seapo.run("pair", *options, stdin=rows)
    assert (result.code, len(result.rows)) == (0, 10)
    assert "logical 2 of 5; --max-pairs 5 holds them" in result.stderr
    assert seapo.summary()["mix"]["logical"] == {"wanted": 5, "made": 2}
    exact = seapo.run("pair", *options, "--max-pairs", "5", stdin=rows)
    assert seapo.summary()["types"] == {"factual": 3, "logical": 2}
    assert "holds them" not in exact.stderr


def test_dataset_info(seapo: Seapo) -> None:
    options = ["-f", "llamafactory", "--dataset-info", "dataset_info.json"]
    result = seapo.run("pair", "-o", "pairs.jsonl", *options, stdin=many(2))
    assert result.code == 0
    entry = json.loads((seapo.folder / "dataset_info.json").read_bytes())["pairs"]
    assert entry["file_name"] == "pairs.jsonl"
    assert entry["ranking"] is True


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--format", "csv"], "csv"),
        (["--eval-split", "0.1"], "--eval-output"),
        (["--eval-output", "x.jsonl"], "--eval-split"),
        (["--strategy", "vanilla"], "--positive"),
        (["--mix", "factual=x"], "--mix"),
        (["--dataset-info", "d.json"], "llamafactory"),
        (["--dataset-info", "d.json", "-f", "llamafactory"], "-o"),
        (["--decontaminate", "nowhere.jsonl"], "nowhere.jsonl"),
    ],
    ids=str,
)
def test_usage_errors(seapo: Seapo, options: list[str], told: str) -> None:
    result = seapo.run("pair", *options, stdin=many(1))
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr


def judged(seapo: Seapo, rows: list[Data], *options: str) -> list[Data]:
    result = seapo.run("pair", "--positive", "judge", "-f", "trl", *options, stdin=rows)
    assert result.code == 0, result.stderr
    return result.rows


def test_best_of_n_by_the_judge(seapo: Seapo) -> None:
    """The mock's verdicts mean nothing, but they stand: whatever the order, and from the store."""
    rows = [r for n in range(6) for a in ("good", "fine", "fair") for r in typed(n, answer=a)]
    found = judged(seapo, rows)
    assert len(found) == 6
    assert len({row["prompt"] for row in found}) == 6
    asked = len(seapo.server.log().entries)
    assert 2 * 6 <= asked <= 6 * 2 * 2
    random.Random(1).shuffle(rows)
    again = judged(seapo, rows, "--summary", "summary.json")
    assert sorted(again, key=str) == sorted(found, key=str)
    assert seapo.summary()["requests_sent"] == 0


def test_vanilla_by_the_judge(seapo: Seapo) -> None:
    rows = [row for n in range(8) for row in answers(n, [1, 2, 3])]
    found = judged(seapo, rows, "--strategy", "vanilla", "--summary", "summary.json")
    assert all(row["chosen"] != row["rejected"] for row in found)
    assert len(found) + seapo.summary()["prompts_without_pair"] == 8
    assert found


def test_a_judge_that_cannot_answer_costs_its_prompt_only(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", 400, marker="number 001"),)))
    rows = [r for n in range(3) for a in ("good", "fine") for r in typed(n, answer=a)]
    result = seapo.run("pair", "--positive", "judge", "--errors", "errors.jsonl", stdin=rows)
    assert (result.code, len(result.rows)) == (3, 2)
    (error,) = seapo.errors()
    assert (error["line"], error["reason"][:6]) == (7, "judge:")
