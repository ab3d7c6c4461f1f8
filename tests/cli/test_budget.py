"""Before paying: the first rows only, what a run would ask, and where it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from running import Seapo, killed_at_end, prompts

PAIRS = [
    {"prompt": f"What is {n}?", "response": f"It is {n}, yes.", "negative": f"It is {n + 1}."}
    for n in range(40)
]


@pytest.mark.parametrize(
    "command",
    [
        ["sample"],
        ["inject", "-t", "factual", "--mode", "rewrite"],
        ["profile"],
        ["filter", "--preset", "none"],
        ["pair"],
    ],
)
def test_limit_reads_the_first_rows_of_a_file_and_of_a_pipe(
    seapo: Seapo, command: list[str]
) -> None:
    rows = [{"prompt": "", "response": ""}, *PAIRS]  # a bad row is a row
    file = seapo.file("in.jsonl", rows)
    wanted = [*command, "--limit", "5", "--summary", "summary.json"]
    for source, stdin in ((file, b""), ("-", rows)):
        seapo.run(*wanted, source, stdin=stdin)
        assert seapo.summary()["rows_in"] == 5
    assert {entry.text for entry in seapo.server.log().entries if "39" in entry.text} == set()


def test_limit_does_not_wait_for_rows_that_it_does_not_read(seapo: Seapo) -> None:
    with killed_at_end(seapo.start("sample", "--limit", "2")) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(json.dumps(row).encode() + b"\n" for row in prompts(2)))
        process.stdin.flush()
        assert process.wait(60) == 0  # stdin is still open


def test_limit_holds_for_the_first_pass_of_max_leak_too(seapo: Seapo) -> None:
    pytest.importorskip("sklearn")
    file = seapo.file("in.jsonl", PAIRS)
    options = ["--preset", "none", "--max-leak", "0.9"]
    result = seapo.bare("filter", file, *options, "--limit", "4")
    assert "fewer than 10 prompts" in result.stderr


def test_limit_is_not_for_shards(seapo: Seapo, tmp_path: Path) -> None:
    result = seapo.bare("filter", "in", "-o", str(tmp_path), "--runner", "ray", "--limit", "1")
    assert result.code == 2
    assert "--limit is for one input" in result.stderr


@pytest.mark.parametrize(
    "command", [["sample"], ["inject", "-t", "factual", "--mode", "rewrite"], ["profile"]]
)
def test_a_spent_budget_is_exit_code_5_and_one_line(seapo: Seapo, command: list[str]) -> None:
    file = seapo.file("in.jsonl", PAIRS)
    options = [file, "-o", "out.jsonl", "--max-tokens-total", "200"]
    result = seapo.run(*command, *options)
    assert result.code == 5
    assert "stopped at --max-tokens-total 200: spent" in result.stderr.splitlines()[-1]
    assert not (seapo.folder / "out.jsonl").exists()


def test_rows_that_were_done_when_the_budget_was_spent_are_on_stdout(seapo: Seapo) -> None:
    result = seapo.run("sample", "-c", "1", "--max-tokens-total", "200", stdin=PAIRS)
    assert result.code == 5
    assert len(result.rows) == len(seapo.server.log().answered()) > 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--max-cost", "1"], "--max-cost needs prices"),
        (["--max-tokens-total", "9", "--batch-out", "b.jsonl"], "which send nothing"),
        (["--max-tokens-total", "9", "--runner", "ray", "-o", "out"], "in one process"),
    ],
)
def test_where_a_budget_cannot_be_kept_is_said(seapo: Seapo, options: list[str], told: str) -> None:
    file = seapo.file("in.jsonl", PAIRS)
    result = seapo.run("sample", file, *options)
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr


@pytest.mark.parametrize(
    ("command", "requests"),
    [
        (["sample", "-n", "2"], 80),
        (["inject", "-t", "factual,logical"], 80),
        (["profile"], 40),
        (["filter", "--preset", "none", "--check", "judge"], 80),
        (["pair", "--positive", "judge"], 2),
    ],
)
def test_a_dry_run_tells_what_would_be_asked_and_sends_and_writes_nothing(
    seapo: Seapo, command: list[str], requests: int
) -> None:
    rows = PAIRS
    if command[0] == "pair":
        rows = [*PAIRS, PAIRS[0] | {"response": "It is zero."}]
    file = seapo.file("in.jsonl", rows)
    before = set(seapo.folder.iterdir())
    prices = ["--price-in", "1", "--price-out", "2"]
    options = [file, "-o", "out.jsonl", "--errors", "errors.jsonl", "--summary", "summary.json"]
    result = seapo.run(*command, *options, *prices, "--dry-run")
    text = result.stdout.decode()
    assert (result.code, result.stderr) == (0, "")
    assert f"{len(rows)} rows: {requests} requests to send\n" in text
    assert "--- request 1 ---\n" in text
    assert "What is 0?" in text
    assert "cost at most about 0." in text
    assert set(seapo.folder.iterdir()) - before <= {seapo.folder / "cache"}
    assert seapo.server.log().entries == []


def test_a_dry_run_counts_what_the_store_has_and_works_its_figures_out(seapo: Seapo) -> None:
    file = seapo.file("in.jsonl", prompts(10))
    seapo.run("sample", file, "--limit", "4")
    options = ["--dry-run", "--max-tokens", "100", "--price-in", "1e6", "--price-out", "2e6"]
    text = seapo.run("sample", file, *options).stdout.decode()
    assert "10 rows: 10 requests to send" in text, "another limit is another answer"
    assert "about 50 prompt tokens" in text  # 20 bytes each
    assert "at most 1,000 completion tokens" in text
    assert "cost at most about 2,050.0000" in text
    text = seapo.run("sample", file, "--dry-run").stdout.decode()
    assert "10 rows: 6 requests to send, 4 answers in the store" in text
    assert "cost unknown" in text
    assert len(seapo.server.log().entries) == 4


def test_a_dry_run_shows_no_commands_to_a_terminal(seapo: Seapo) -> None:
    result = seapo.run("sample", "--dry-run", stdin=[{"prompt": "a\x1b[2Jb"}, {"prompt": ""}])
    assert b"\x1b" not in result.stdout
    assert b"1 rows fail unasked" in result.stdout


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["filter"], "seapo filter asks no model here"),
        (["pair"], "seapo pair asks no model here"),
        (["sample", "--runner", "ray", "-o", "out"], "--dry-run is for one input"),
    ],
)
def test_where_there_is_nothing_to_tell(seapo: Seapo, command: list[str], told: str) -> None:
    result = seapo.run(*command, seapo.file("in.jsonl", PAIRS), "--dry-run")
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr
