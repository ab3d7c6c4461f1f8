"""What `--export make` prints is run by GNU make, whatever the names and values are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flow import planned, rows
from seapo_cli.exceptions import UsageError
from seapo_cli.workflow.makefile import makefile

SHOW = "#!/bin/sh\nfor one; do printf '%s\\0' \"$one\"; done > told\n"
"""In the place of seapo: what a shell has made of the command line."""


def make(*arguments: str) -> str:
    done = subprocess.run(["make", "SEAPO=./show", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "two words",
        "$HOME $(x) $$",
        'it\'s "quoted"',
        "`x` \\ # ; | & * %",
        "\t-a",
        "",
    ],
)
def test_every_value_reaches_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    stages = planned({"stages": {"sample": {"input": "in.jsonl", "system": text}}})
    Path("Makefile").write_text(makefile(stages))
    Path("in.jsonl").touch()
    Path("show").write_text(SHOW)
    Path("show").chmod(0o755)
    make()
    assert Path("told").read_text().split("\0")[:-1] == stages[0].arguments


@pytest.mark.parametrize("name", ["a,b=c", "+a@-b", "räksmörgås", "b/c"])
def test_files_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"stages": {"filter": {"input": name, "output": f"{name}.out"}}}
    Path("Makefile").write_text(makefile(planned(data)))
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(rows(1))
    output = Path("out", f"{name}.out")
    Path("show").write_text('#!/bin/sh\necho x >> count; touch "out/$NAME.out"\n')
    Path("show").chmod(0o755)
    monkeypatch.setenv("NAME", name)
    make()
    assert output.exists()
    assert "up to date" in make() or "Nothing to be done" in make()
    assert len(Path("count").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["a b", "a$b", "it's", "a#b", "a:b", "a*", "a\nb", "a%b", "a|b", "a\\b"]
)
def test_names_that_make_cannot_hold_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="make cannot hold the name"):
        makefile(planned({"stages": {"train": {"input": "x", "output-dir": name}}}))


def test_text_of_several_lines_is_refused() -> None:
    with pytest.raises(UsageError, match="sample: make cannot hold text of several lines"):
        makefile(planned({"stages": {"sample": {"input": "x", "system": "two\nlines"}}}))


def test_rules_follow_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.jsonl").touch()
    text = makefile(
        planned(
            {
                "stages": {
                    "filter": {"input": "in.jsonl", "rejected": "no.jsonl"},
                    "train": {"input": "out/no.jsonl"},
                    "eval": {"input": "arc_challenge", "model": "{train}"},
                }
            }
        ),
    )
    rules = [line for line in text.splitlines() if line.startswith("out/")]
    assert rules == [
        "out/filter.jsonl: in.jsonl",
        "out/train.done: out/filter.jsonl",
        "out/eval.jsonl: out/train.done",
    ]
