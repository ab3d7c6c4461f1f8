"""`seapo filter` and `seapo checks` as commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from running import Result, Seapo
from seapo_cli.cli import app
from seapo_cli.options import FilterSettings
from servers import Behaviour, Fault

GOOD = "The Amazon is the largest river by discharge. It flows through Brazil, then Peru."


def rows(count: int = 3, **keys: Any) -> list[dict[str, Any]]:
    error = {"type": "factual", "finish_reason": "stop"}
    base = {"response": GOOD, "error": error, **keys}
    return [
        {"id": f"r{n}", "prompt": f"Rivers, {n}?", "negative": f"{GOOD[:-5]}Chad{n}.", **base}
        for n in range(count)
    ]


def run(seapo: Seapo, data: Any, *options: str) -> Result:
    return seapo.run("filter", "--rejected", "dropped.jsonl", *options, stdin=data)


def dropped(seapo: Seapo) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (seapo.folder / "dropped.jsonl").open()]


def test_kept_rejected_and_unreadable_rows(seapo: Seapo) -> None:
    good, bad, broken = rows()
    bad["negative"], broken["negative"] = "I'm sorry, but I can't help with that.", 5
    result = run(seapo, [good, bad, broken], "--errors", "errors.jsonl", "--summary", "s.json")
    assert result.code == 3, result.stderr
    assert [row["id"] for row in result.rows] == ["r0"]
    (row,) = dropped(seapo)
    assert row["checks"]["refusal"]["verdict"] == "fail"
    assert seapo.errors()[0]["line"] == 3
    summary = seapo.summary("s.json")
    assert [summary[f"rows_{name}"] for name in ("in", "out", "rejected", "failed")] == [3, 1, 1, 1]
    assert summary["checks"]["refusal"]["rejected_by_type"] == {"factual": 1}
    assert "refusal" in result.stderr
    assert "1 rejected" in result.stderr


def test_rejected_rows_are_no_failure(seapo: Seapo) -> None:
    result = run(seapo, rows(2, negative=""))
    assert (result.code, result.rows, len(dropped(seapo))) == (0, [], 2)
    assert not list(seapo.folder.glob("*.part"))


def test_no_model_is_asked(seapo: Seapo) -> None:
    assert run(seapo, rows()).code == 0
    assert not seapo.server.log().entries
    assert not (seapo.folder / "store.sqlite").exists()


def test_plain_pairs_and_other_keys(seapo: Seapo) -> None:
    pairs = [{"prompt": "p", "chosen": "It is 5.", "rejected": "It is 6.", "error_type": "mine"}]
    (row,) = run(seapo, pairs).rows
    assert set(row) == {*pairs[0], "id", "checks"}
    other = [{"q": "p", "good": "It is 5.", "bad": "It is 6."}]
    keys = ("--prompt-key", "q", "--response-key", "good", "--negative-key", "bad")
    assert len(run(seapo, other, *keys).rows) == 1
    assert run(seapo, other, *keys[:4]).code == 1


def test_checks_are_switched_and_tuned(seapo: Seapo) -> None:
    more = "It rises in the Andes, has more than a thousand tributaries, and carries much silt."
    longer = rows(1, negative=f"{GOOD} {more} It is very long.")
    assert run(seapo, longer).rows == []
    assert len(run(seapo, longer, "--set", "length.max=3").rows) == 1
    assert len(run(seapo, longer, "--no-check", "length").rows) == 1
    assert len(run(seapo, longer, "--preset", "none").rows) == 1
    assert run(seapo, longer, "--preset", "none", "--check", "length").rows == []
    for options in (("--check", "nonsense"), ("--set", "length.max"), ("--preset", "x")):
        assert run(seapo, longer, *options).code == 2


def test_settings_come_from_the_file(seapo: Seapo) -> None:
    (seapo.folder / "seapo.toml").write_text(
        '[filter]\npreset = "none"\ncheck = ["length"]\nset = ["length.max=1.1"]\n'
    )
    longer = rows(1, negative=f"{GOOD} And so on, and on.")
    assert run(seapo, longer).rows == []
    assert list(dropped(seapo)[0]["checks"]) == ["length"]


def test_the_same_row_again(seapo: Seapo) -> None:
    result = run(seapo, [*rows(2), *rows(2)])
    assert [row["id"] for row in result.rows] == ["r0", "r1"]
    assert all(row["checks"]["duplicates"]["verdict"] == "fail" for row in dropped(seapo))


def test_the_judge_goes_through_gateway_and_store(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(jitter=0.05, faults=(Fault("status", 500, first=1, total=3),)))
    first = run(seapo, rows(6), "--check", "judge", "--summary", "s.json")
    assert first.code == 0, first.stderr
    assert seapo.summary("s.json")["requests_sent"] == 15
    found = [*first.rows, *dropped(seapo)]
    assert len(found) == 6
    assert all(set(row["checks"]["judge"]["value"]) > {"margin", "mistakes"} for row in found)
    again = run(seapo, rows(6), "--check", "judge", "--summary", "s.json")
    assert seapo.summary("s.json")["from_store"] == 12
    assert again.stdout == first.stdout


def test_the_judge_sees_only_what_is_left(seapo: Seapo) -> None:
    run(seapo, [*rows(1), *rows(1, negative="")], "--check", "judge")
    assert len(seapo.server.log().entries) == 2


def test_a_request_that_fails_is_a_failed_row(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", 400, marker="Rivers, 1"),)))
    result = run(seapo, rows(3), "--check", "judge", "--errors", "errors.jsonl")
    assert result.code == 3
    assert [error["id"] for error in seapo.errors()] == ["r1"]
    assert len(result.rows) + len(dropped(seapo)) == 2


def test_a_server_without_prompt_logprobs_is_told_in_one_line(seapo: Seapo) -> None:
    result = run(seapo, rows(1), "--check", "plausibility")
    assert result.code == 1
    assert "no log-probabilities of the prompt" in result.stderr.splitlines()[-1]


def test_the_embedded_model_is_scored_by_transformers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[FilterSettings] = []
    command = sys.modules["seapo_cli.cli.filter"]
    monkeypatch.setattr(command, "run", lambda _, settings, *__, **___: started.append(settings))
    file = tmp_path / "x.gguf"
    file.write_bytes(b"GGUF")
    base = ["filter", "-", "--check", "plausibility", "--model", str(file)]
    for options in ((), ("--set", "plausibility.scorer=x/y"), ("--base-url", "http://127.0.0.1:9")):
        app([*base, *options], standalone_mode=False)
    found = [settings.options.get("plausibility") for settings in started]
    assert found == [{"scorer": str(file)}, {"scorer": "x/y"}, {"scorer": str(file)}]
    app([*base, "--backend", "openai"], standalone_mode=False)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    app(base[:-2], standalone_mode=False)
    assert started[-1].options == started[-2].options == {}


def test_code_is_run_in_order_with_a_warning(seapo: Seapo) -> None:
    data = rows(5, response="x = 1", test_list=["assert x == 1"])
    for number, row in enumerate(data):
        row["negative"] = "import time; time.sleep(0.3); x = 1" if number == 2 else f"x = 3{number}"
    result = run(seapo, data, "--check", "tests")
    assert result.code == 0, result.stderr
    assert [row["id"] for row in result.rows] == ["r0", "r1", "r3", "r4"]
    first = result.stderr.splitlines()[0]
    assert first.startswith("seapo filter: --check tests runs the code in the rows, isolated by ")
    assert "namespaces" in first
    assert "warning" not in run(seapo, data[:1]).stderr


@pytest.mark.parametrize("name", ["changed", "duplicates.rows=1000000", "judge.margin=0.0"])
def test_checks_are_listed(seapo: Seapo, name: str) -> None:
    shown = seapo.bare("checks")
    assert shown.code == 0
    assert name in shown.stdout.decode()
