"""`seapo run` from end to end: real stages as processes, a real server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from running import PATIENT, Seapo, killed_at_end, prompts
from servers import Behaviour

FILE = b"""
model = "mock"
mode = "propose"
store = "store.sqlite"

[stages.inject]
input = "rows.jsonl"
error-type = ["factual", "mine.md"]
seed = 1

[stages.filter]
input = "{inject}"
preset = "none"
"""
ONE_BY_ONE = b"concurrency = 1\n" + FILE
MINE = b"---\nname: mine\ndescription: A wrong word.\n---\nMake a word wrong.\n"
MADE = "runs/run/inject.jsonl"
FRESH = "seapo run: 0 of 2 stages ran, the others are fresh\n"


@pytest.fixture
def folder(seapo: Seapo) -> Path:
    """The folder of a file of stages."""
    seapo.file("run.toml", FILE)
    seapo.file("mine.md", MINE)
    answers = [row | {"response": f"It is {n} metres long."} for n, row in enumerate(prompts(6))]
    seapo.file("rows.jsonl", answers)
    return seapo.folder


def test_a_run_from_elsewhere_and_what_the_lock_file_says(seapo: Seapo, folder: Path) -> None:
    (folder / "below").mkdir()
    for name in ("run.toml", "mine.md", "rows.jsonl"):
        (folder / name).rename(folder / "below" / name)
    (folder / "below" / "json.py").write_text("raise SystemExit('not this one')")
    (folder / "below" / "seapo.toml").write_text("seed = 77\n")
    result = seapo.bare("run", "below/run.toml")
    assert result.code == 0, result.stderr
    text = (folder / "below/run.toml.lock").read_text()
    assert str(folder) not in text  # fit for git
    lock = json.loads(text)
    found = lock["inject"]
    assert found["command"].startswith("seapo --config /dev/null inject --model=mock")
    assert found["exit code"] == 0
    assert found["setting model"] == "mock"
    assert found["setting base-url"] == seapo.server.url
    assert found["setting seed"] == 1
    assert found["setting error-type"] == ["factual", "mine.md"]
    assert {key for key, value in found.items() if len(str(value)) == 64} == {
        *("input rows.jsonl", "input mine.md", "prompt files", f"output {MADE}"),
    }
    before = len(seapo.server.log().entries)
    again = seapo.bare("run", "below/run.toml")
    assert (again.code, again.stderr) == (0, FRESH)
    assert len(seapo.server.log().entries) == before
    (folder / "below/mine.md").write_bytes(MINE + b"Just one.\n")
    result = seapo.bare("run", "below/run.toml", "--dry-run")
    assert result.stdout.decode().splitlines() == [
        "inject: would run: input mine.md changed",
        "filter: would run: an earlier stage runs (inject)",
    ]
    seapo.environment["OPENAI_BASE_URL"] = "http://me:secret-4711@127.0.0.1:9/v1"
    result = seapo.bare("run", "below/run.toml", "--dry-run")
    told = f"setting base-url: {seapo.server.url} -> http://127.0.0.1:9/v1"
    assert told in result.stdout.decode()
    assert b"secret-4711" not in result.stdout


def test_yaml(seapo: Seapo, folder: Path) -> None:
    text = b"stages:\n  filter: {input: rows.jsonl, negative-key: response, preset: none}\n"
    seapo.file("run.yaml", text)
    result = seapo.bare("run", "run.yaml")
    assert result.code == 0, result.stderr
    assert (folder / "runs/run/filter.jsonl").exists()
    assert (folder / "run.yaml.lock").exists()
    seapo.file("settings.yaml", b"filter: {presett: none}\n")
    result = seapo.bare("--config", "settings.yaml", "filter", "rows.jsonl")
    assert "settings.yaml: unknown key [filter] 'presett' (did you mean 'preset'?)" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("run.toml", b"stages = ", "run.toml: not valid TOML"),
        ("run.yaml", b"stages: [", "run.yaml: not valid YAML"),
        ("run.yaml", b"- a\n", "run.yaml: stages: expected a table"),
        ("none.toml", None, "none.toml: No such file"),
    ],
)
def test_mistakes_are_one_line(seapo: Seapo, name: str, text: bytes | None, told: str) -> None:
    if text is not None:
        seapo.file(name, text)
    result = seapo.bare("run", name)
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stage_and_the_same_command_goes_on(
    seapo: Seapo, folder: Path, number: signal.Signals
) -> None:
    seapo.server.set(Behaviour(latency=0.3))
    seapo.file("run.toml", ONE_BY_ONE)
    with killed_at_end(seapo.start_bare("run", "run.toml")) as process:
        seapo.server.wait(2)
        process.send_signal(number)
        result = seapo.finish(process)
    assert result.code == 130
    assert "interrupted; run the same command again" in result.stderr
    assert not (folder / MADE).exists()
    seapo.server.set(Behaviour())
    result = seapo.bare("run", "run.toml")
    assert result.code == 0, result.stderr
    assert "seapo run: inject: it did not finish" in result.stderr
    assert len((folder / MADE).read_bytes().splitlines()) == 12
    assert len(seapo.server.log().attempts()) < 12  # the answers from before were kept


def test_kill_9_and_two_runs_at_once(seapo: Seapo, folder: Path) -> None:
    seapo.server.set(Behaviour(latency=0.5))
    seapo.file("run.toml", ONE_BY_ONE)
    with killed_at_end(seapo.start_bare("run", "run.toml")) as process:
        seapo.server.wait(1)
        second = seapo.bare("run", "run.toml")
        assert second.code == 2
        assert "runs/run: another run is writing it" in second.stderr
        process.kill()
        process.communicate()
    seapo.server.set(Behaviour())
    # The stage that was running lives on: until it ends, it holds its output.
    end = time.monotonic() + PATIENT
    while seapo.bare("run", "run.toml").code != 0 and time.monotonic() < end:
        time.sleep(0.5)
    assert len((folder / MADE).read_bytes().splitlines()) == 12
    assert seapo.bare("run", "run.toml").stderr == FRESH


def test_a_run_that_has_spent_its_budget_goes_on_later(seapo: Seapo, folder: Path) -> None:
    seapo.file("run.toml", b"max-tokens-total = 300\n" + FILE)
    result = seapo.bare("run", "run.toml")
    assert result.code == 5, result.stderr
    seapo.file("run.toml", FILE)
    result = seapo.bare("run", "run.toml")
    assert result.code == 0, result.stderr
    assert (folder / MADE).exists()


def test_a_real_make_makes_the_same(seapo: Seapo, folder: Path) -> None:
    assert seapo.bare("run", "run.toml").code == 0
    text = seapo.bare("run", "run.toml", "--export", "make").stdout
    made = (folder / MADE).read_bytes()
    for path in (folder / "runs/run").iterdir():
        path.unlink()
    (folder / "Makefile").write_bytes(text)
    command = ["make", f"SEAPO={sys.executable} -m seapo_cli"]
    for expected in ("filter", "Nothing to be done"):
        done = subprocess.run(
            command, cwd=folder, env=seapo.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout
    assert (folder / MADE).read_bytes() == made
