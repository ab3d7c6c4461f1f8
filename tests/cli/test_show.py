"""`seapo show`: the mistake is marked inside the answer, on a terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import forked
from running import SOURCES, Result, jsonl
from seapo_cli import pair
from seapo_cli.formats import FORMATS
from seapo_cli.options import PairSettings

Data = dict[str, Any]

ROW: Data = {
    "id": "bees",
    "prompt": "How many legs has a bee?",
    "response": "A bee has six legs and four wings.",
    "negative": "A bee has eight legs and four wings.",
    "error": {
        "type": "factual",
        "edits": [{"start": 10, "end": 13, "original": "six", "replacement": "eight"}],
    },
    "checks": {"changed": {"verdict": "pass"}, "length": {"verdict": "fail", "reason": "why"}},
}
MARKED = "A bee has [-six-]{+eight+} legs and four wings."


def environment(**extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "LESS", "PAGER")}
    return kept | {"PYTHONPATH": str(SOURCES), "TERM": "xterm-256color", **extra}


def show(*options: str, rows: list[Data] | bytes = b"") -> Result:
    """Run with a pipe for stdout."""
    data = rows if isinstance(rows, bytes) else jsonl(rows)
    process = forked.start(["show", *options], environment())
    out, err = process.communicate(data, timeout=60)
    return Result(process.returncode, out, err.decode())


def show_on_terminal(file: Path, **extra: str) -> str:
    """Run with a terminal for stdout."""
    ours, theirs = pty.openpty()
    process = forked.start(
        ["show", str(file)],
        environment(**extra),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # Linux's way to say that the other end is closed
        pass
    assert process.wait(60) == 0
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


def test_a_pipe_gets_plain_marks() -> None:
    result = show(rows=[ROW, ROW | {"error": ROW["error"] | {"type": "logical"}}])
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.decode() == (
        "=== [bees] How many legs has a bee?\n"
        f"--- factual | pass: changed; fail: length (why)\n{MARKED}\n"
        f"--- logical | pass: changed; fail: length (why)\n{MARKED}\n"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_pair(name: str) -> None:
    result = show(rows=list(pair([ROW], PairSettings(format=name, provenance=True))))
    text = result.stdout.decode()
    assert result.code == 0
    assert "factual" in text
    assert (MARKED in text) is ("kto" not in name)


def test_every_rejected_answer_of_a_group_is_shown() -> None:
    other = "A bee has six legs and two wings."
    rows = [ROW, ROW | {"negative": other, "error": {"type": "logical"}}]
    grouped = list(pair(rows, PairSettings(strategy="all", group=True)))
    assert len(grouped) == 1
    text = show(rows=grouped).stdout.decode()
    assert text == (
        f"=== How many legs has a bee?\n--- factual\n{MARKED}\n"
        "--- logical\nA bee has six legs and [-four-]{+two+} wings.\n"
    )
    assert "six legs and" not in show("-t", "factual", rows=grouped).stdout.decode()


def test_a_group_that_does_not_fit_is_told() -> None:
    row = {"prompt": "p", "chosen": "a", "rejected": ["b", "c"], "error_type": ["x"]}
    result = show(rows=[row])
    assert result.code == 1
    assert "stdin:1: key 'error_type' has 1 values for 2 rejected" in result.stderr


def test_edits_that_do_not_fit_are_not_believed() -> None:
    wrong = ROW | {"error": {"type": "factual", "edits": [ROW["error"]["edits"][0] | {"end": 20}]}}
    assert MARKED in show(rows=[wrong]).stdout.decode()


def test_type_and_number() -> None:
    rows = [ROW | {"id": str(n), "error": {"type": kind}} for n, kind in enumerate("ab" * 5)]
    text = show("--type", "b", "-n", "2", rows=rows).stdout.decode()
    assert text.count("--- b") == 2
    assert "--- a" not in text
    assert "--- factual" in show("-t", "correctness", rows=[ROW]).stdout.decode()


def test_a_type_that_is_not_there_is_told() -> None:
    result = show("--type", "foo", rows=[ROW, ROW, ROW | {"error": {"type": "logical"}}])
    assert (result.code, result.stdout) == (0, b"")
    assert result.stderr == (
        "seapo show: no row of type 'foo': there are factual (2), logical (1)\n"
    )
    assert show().stderr == "seapo show: -: no rows\n"


def test_answers_stand_apart_on_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([ROW, ROW | {"error": ROW["error"] | {"type": "logical"}}]))
    text = re.sub("\x1b\\[[0-9;]*m", "", show_on_terminal(file, PAGER=""))
    parts = [part.split("\n") for part in text.strip().split("\n\n")]
    assert [part[-1] for part in parts] == [
        ROW["prompt"],
        *2 * ["A bee has sixeight legs and four wings."],
    ]


def test_terminal_commands_in_the_data_are_made_visible(tmp_path: Path) -> None:
    """A row could clear the screen, set the title or type into the shell."""
    bad = "\x1b]0;owned\x07\x1b[2J\x9b31m"
    texts = {name: ROW[name] + bad for name in ("id", "prompt", "response", "negative")}
    checks = {"length": {"verdict": "fail" + bad, "reason": bad}}
    row = ROW | texts | {"checks": checks, "error": {"type": "factual" + bad}}
    piped = show(rows=[row])
    assert (piped.code, piped.stderr) == (0, "")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]|\xc2[\x80-\x9f]", piped.stdout)
    assert piped.stdout.count(rb"\x1b]0;owned\x07") == 6
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([row]))
    text = show_on_terminal(file, PAGER="")
    assert not re.search("\x1b[^\\[]|\x1b\\[2J|\x07|\x9b", text)
    wrong = show(rows=b'{"prompt": 3, "x": "\x1b[2J"}\n')
    assert "\x1b" not in wrong.stderr


@pytest.mark.parametrize("depth", [300, 900])
def test_odd_rows_are_told_or_shown(depth: int) -> None:
    deep = b"[" * depth + b'"x"' + b"]" * depth
    data = b'{"prompt": %s, "response": "x"}\n' % deep
    data += jsonl([ROW | {"checks": {"a": {"verdict": ["x"]}, "b": {"verdict": {}}}}])
    result = show(rows=data)
    assert result.code == 3
    assert MARKED in result.stdout.decode()
    assert "stdin:1: " in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_bad_lines_are_told() -> None:
    result = show(rows=jsonl([ROW]) + b"nonsense\n" + jsonl([{"text": "x"}]))
    assert result.code == 3
    assert MARKED in result.stdout.decode()
    assert "stdin:2: not valid JSON" in result.stderr
    assert "stdin:3: nothing to show" in result.stderr


def test_a_closed_pipe_is_no_failure() -> None:
    command = f"{sys.executable} -m seapo_cli show - | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], input=jsonl([ROW] * 5000), capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("pager", ["cat", "", "no-such-pager"])
def test_a_terminal_gets_colours(tmp_path: Path, pager: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([ROW]))
    text = show_on_terminal(file, PAGER=pager)
    assert "\x1b[9;31msix\x1b[0m\x1b[1;32meight\x1b[0m legs" in text


def test_no_color(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([ROW]))
    text = show_on_terminal(file, PAGER="cat", NO_COLOR="1")
    assert MARKED in text
    assert "\x1b" not in text


def test_a_pager_that_is_left_ends_the_command(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([ROW] * 5000))
    text = show_on_terminal(file, PAGER="head -3")
    assert len(text.splitlines()) == 3
