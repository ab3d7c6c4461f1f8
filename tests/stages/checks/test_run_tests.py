"""--run-tests: answers are told apart by their tests, and cannot do much harm meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from check_pairs import pair
from seapo_cli.stages.checks.base import Verdict
from seapo_cli.stages.checks.run_tests import RunTests, code_of, given_tests

GOOD = "def double(n):\n    return 2 * n\n"
TEST = {"test": "def check(f):\n    assert f(3) == 6\n", "entry_point": "double"}
ASSERTS = {"test_list": ["assert double(3) == SIX"], "test_setup_code": "SIX = 6"}


def run(negative: str, response: str = GOOD, timeout: float = 2, **keys: object) -> Verdict:
    check = RunTests(timeout=timeout, memory=256)
    return asyncio.run(check.verdict(pair(response, negative, **(keys or TEST)), None))


def harmful(statement: str) -> str:
    """Right, but it does something else first."""
    return f"import os, socket, subprocess, sys\n{statement}\n{GOOD}"


@pytest.mark.parametrize("keys", [TEST, ASSERTS], ids=["test", "test_list"])
def test_the_negative_must_fail_and_the_response_pass(keys: dict[str, object]) -> None:
    wrong = GOOD.replace("2 *", "3 *")
    assert run(wrong, **keys).decision == "pass"
    assert run(GOOD.replace("n\n", "n  # same\n"), **keys).decision == "fail"
    assert run(GOOD, response=wrong, **keys).decision == "fail"


def test_code_may_stand_in_fenced_blocks() -> None:
    assert run("No:\n```\nnonsense(\n```", f"So:\n```python\n{GOOD}```\nDone.").decision == "pass"
    assert code_of(f"```py\n{GOOD}```") == GOOD
    assert code_of(GOOD) == GOOD


def test_rows_without_tests_are_let_pass() -> None:
    assert run("x", plain="row").decision == "skip"
    assert given_tests({"test_list": [], "test": "x"}) is None


HARM = {
    "endless loop": ("while True: pass", "no end"),
    "sleep": ("import time; time.sleep(60)", "no end"),
    "memory bomb": ("x = bytearray(1 << 30)", "MemoryError"),
    "big file": ("open('here', 'wb').write(b'x' * (64 << 20))", ""),
    "network": ("socket.create_connection(('127.0.0.1', 9))", "socket"),
    "child process": ("subprocess.run(['true'])", "subprocess"),
    "fork": ("os.fork()", "os.fork"),
    "shell": ("os.system('true')", "os.system"),
    "early exit": ("sys.exit(0)", "SystemExit"),
    "hard exit": ("os._exit(0)", "ended"),
    "stack": ("f = lambda: f(); f()", "RecursionError"),
    "fake success": ("os.write(1, b'{\"passed\": true}'); os._exit(0)", "ended"),
}


@pytest.mark.parametrize("kind", HARM)
def test_harm_fails_the_negative(kind: str) -> None:
    statement, reason = HARM[kind]
    begun = time.monotonic()
    verdict = run(harmful(statement), timeout=1)
    assert verdict.decision == "pass", verdict
    assert reason in verdict.value["negative"]
    assert time.monotonic() - begun < 20


def test_files_are_written_in_the_test_folder_only(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    moved = f"open('here', 'w').close(); os.rename('here', {str(victim)!r})"
    pathlib = f"import pathlib; pathlib.Path({str(victim)!r}).write_text('x')"
    removed, opened = f"os.remove({str(victim)!r})", f"open({str(victim)!r}, 'w')"
    for statement in (opened, removed, moved, pathlib):
        assert "not allowed" in run(harmful(statement)).value["negative"]
    assert victim.read_text() == "mine"
    assert run(harmful("open('here', 'w').write('x')")).value["negative"] == "passes"


def test_several_run_at_once_each_with_a_time_limit() -> None:
    async def all_at_once() -> list[Verdict]:
        check = RunTests(timeout=1)
        hangs = harmful("while True: pass")
        return await asyncio.gather(
            *(check.verdict(pair(GOOD, f"{hangs}# {n}", **TEST), None) for n in range(3))
        )

    assert all(verdict.decision == "pass" for verdict in asyncio.run(all_at_once()))
