"""Code with tests: does the response pass them, and the negative fail?"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import Field

from seapo_cli.stages.checks.base import SlowCheck, Verdict, failed, passed, skipped
from seapo_cli.stages.checks.pair import Pair

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway

_SANDBOX = Path(__file__).with_name("sandbox.py")
_BLOCK = re.compile(r"^```[ \t]*(?:python|py)?[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_START_SECONDS = 2.0
"""What starting Python may take on a busy machine, besides the program's own time."""


class RunTests(SlowCheck):
    """Runs both answers with the row's tests, each in a process of its own, limited.

    Tests are `test` (with `entry_point`: its function `check` is called, as in HumanEval) or
    `test_list` (with `test_setup_code`, as in MBPP). An answer that does not end fails.
    """

    name = "tests"
    about = "The response passes the row's tests, the negative fails them (--run-tests)."
    warning = (
        "--run-tests runs the code in the rows on this machine. Time, memory, network and files "
        "are limited, but that is no jail: use a container for code that you do not trust"
    )

    timeout: float = Field(default=10.0, gt=0)
    """Seconds for one answer."""
    memory: int = Field(default=512, ge=64)
    """MiB of address space for one answer."""

    @cached_property
    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(os.cpu_count() or 1)

    async def verdict(self, pair: Pair, gateway: Gateway | None) -> Verdict:  # noqa: ARG002
        tests = given_tests(pair.row.data)
        if tests is None:
            return skipped("the row has no tests")
        setup, after = tests
        programs = [f"{setup}\n{code_of(a)}\n{after}\n" for a in (pair.response, pair.negative)]
        response, negative = await asyncio.gather(*map(self._run, programs))
        value = {"response": response or "passes", "negative": negative or "passes"}
        if response:
            return failed(f"the response fails its tests: {response}", value)
        if not negative:
            return failed("the negative passes the tests", value)
        return passed(value)

    async def _run(self, program: str) -> str | None:
        """Why a program did not pass; None if it did."""
        async with self._places:
            with TemporaryDirectory(prefix="seapo-", ignore_cleanup_errors=True) as folder:
                return await self._in(folder, program)

    async def _in(self, folder: str, program: str) -> str | None:
        seconds = max(1, round(self.timeout))
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_SANDBOX), str(seconds), str(self.memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": folder, "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        try:
            talk = child.communicate(program.encode(errors="replace"))
            told, _ = await asyncio.wait_for(talk, self.timeout + _START_SECONDS)
        except TimeoutError:
            return f"no end after {self.timeout:g} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
        if child.returncode == -signal.SIGXCPU or child.returncode == -signal.SIGKILL:
            return f"no end after {self.timeout:g} s"
        return _reason(told)


def _reason(told: bytes) -> str | None:
    try:
        found = orjson.loads(told)
    except orjson.JSONDecodeError:
        return "the process ended"
    return None if found["passed"] else str(found["error"])


def given_tests(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """What runs before an answer, and after it; None where a row has no tests."""
    test, name = data.get("test"), data.get("entry_point")
    if isinstance(test, str) and isinstance(name, str):
        return "", f"{test}\ncheck({name})"
    asserts, setup = data.get("test_list"), data.get("test_setup_code")
    if isinstance(asserts, list) and asserts and all(isinstance(a, str) for a in asserts):
        return setup if isinstance(setup, str) else "", "\n".join(asserts)
    return None


def code_of(answer: str) -> str:
    """The code blocks of an answer; all of it where there are none."""
    return "\n".join(_BLOCK.findall(answer)) or answer
