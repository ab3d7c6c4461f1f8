"""What a person at a terminal sees."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

from running import Seapo, jsonl, prompts
from servers import Behaviour


def at_terminal(
    seapo: Seapo, *arguments: str, stdin: bytes | None = None, **extra: str
) -> tuple[int, str, bytes]:
    """Exit code, what a terminal on stderr shows, stdout; no `stdin` means the terminal's."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "seapo_cli", *arguments],
        stdin=theirs if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=seapo.folder,
        env={**seapo.environment, "TERM": "xterm", "COLUMNS": "120", **extra},
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
    assert process.stdout is not None
    out = process.stdout.read()
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
