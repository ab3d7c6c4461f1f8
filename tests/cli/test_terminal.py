"""What a person at a terminal sees."""

from __future__ import annotations

import os
import pty
import re
import subprocess

import pytest

import forked
from running import Seapo, jsonl, prompts
from servers import Behaviour


def at_terminal(
    seapo: Seapo,
    *arguments: str,
    stdin: bytes | None = None,
    stdout_too: bool = False,
    **extra: str,
) -> tuple[int, str, bytes]:
    """Exit code, what a terminal on stderr shows, stdout; no `stdin` means the terminal's."""
    ours, theirs = pty.openpty()
    process = forked.start(
        arguments,
        {**seapo.environment, "TERM": "xterm", "COLUMNS": "120", **extra},
        seapo.folder,
        stdin=theirs if stdin is None else subprocess.PIPE,
        stdout=theirs if stdout_too else subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    if stdin is not None:
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # how Linux says that nobody has the terminal open any more
        pass
    os.close(ours)
    out = process.stdout.read() if process.stdout else b""
    return process.wait(), shown.decode(), out


def test_the_bare_command_shows_its_help(seapo: Seapo) -> None:
    code, shown, out = at_terminal(seapo, "inject")
    assert (code, out) == (2, b"")
    assert "Usage: " in shown
    assert "--error-type" in shown


def test_a_bar_shows_rate_and_failures(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.2))
    rows = jsonl(prompts(20)) + b"nonsense\n"
    code, shown, out = at_terminal(seapo, "sample", "-c", "4", "--no-store", stdin=rows)
    assert (code, out.count(b"\n")) == (3, 20)
    assert re.search(r"\d+ rows, [\d.]+ rows/s, [\d,]+ tokens/s", shown)
    assert "stdin:21: not valid JSON" in shown
    assert "\x1b[" in shown
    assert "21 rows in, 20 out, 1 failed" in shown


def test_no_color(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.2))
    rows = jsonl(prompts(12))
    _, shown, _ = at_terminal(seapo, "sample", "-c", "4", "--no-store", stdin=rows, NO_COLOR="1")
    assert not re.search(r"\x1b\[[\d;]*[34]\d", shown)


def test_plain_lines_off_a_terminal(seapo: Seapo) -> None:
    result = seapo.bare("sample", stdin=prompts(2))
    assert "\x1b" not in result.stderr
    assert re.fullmatch(r"seapo sample: 2 rows in, 2 out, 0 failed; .*\n", result.stderr)


@pytest.mark.parametrize("where", ["a file", "the terminal", "a pipe"])
def test_a_bar_is_shown_unless_rows_come_between(seapo: Seapo, where: str) -> None:
    """In nearly all uses both streams are the terminal, and rows go to a file."""
    seapo.server.set(Behaviour(latency=0.3))
    output = ["-o", "out.jsonl"] if where == "a file" else []
    options = ["sample", "-c", "2", "--no-store", *output]
    code, shown, _ = at_terminal(
        seapo, *options, stdin=jsonl(prompts(8)), stdout_too=where != "a pipe"
    )
    assert code == 0
    assert ("\x1b[" in shown) is (where != "the terminal")
    assert ("━" in shown) is (where != "the terminal")
    if where == "a file":
        assert (seapo.folder / "out.jsonl").read_bytes().count(b"\n") == 8


def test_something_is_shown_before_the_first_answer(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=1.5))
    code, shown, _ = at_terminal(
        seapo, "sample", "--no-store", "-o", "out.jsonl", stdin=jsonl(prompts(1)), stdout_too=True
    )
    assert code == 0
    assert len(set(re.findall(r"no rows yet, [\d.]+ s", shown))) > 2
