"""Python answers and tests: run in the forked process itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import answering, checking

IN_PROCESS = True
"""No other program is started: it can be forbidden, and reserved memory be counted."""


def answer(fd: int, program: str, _: Mapping[str, str]) -> None:
    """Run the answer's program, and what the checker asks of it."""
    answering.main(fd, program)


def check(fd: int | None, verdict: int, task: Mapping[str, Any], _: Mapping[str, str]) -> None:
    """Run the tests; `fd` None: they hold the answer themselves."""
    checking.main(fd, verdict, task)
