"""Whether an answer passes tests: both run in a sandbox, in two processes."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass
from typing import Any

from seapo_cli.io.threads import DaemonThread
from seapo_cli.isolation.languages.base import Language
from seapo_cli.isolation.means import Means
from seapo_cli.isolation.sandbox import Limits, Sandbox, SandboxDied

_TRIES = 2


@dataclass(frozen=True)
class Task:
    """Tests, apart from the answer."""

    tests: str
    """Source that passes if it comes to its end."""
    setup: str = ""
    """Source of helpers that the tests may use, never the answer's."""
    entry_point: str | None = None
    """The answer's function that is tested, where it is known."""


@dataclass(frozen=True)
class Finding:
    """What came out."""

    passed: bool
    reason: str | None = None
    """Why it did not pass, in one line."""
    weak: str | None = None
    """Why the answer's own code may have decided; None where it cannot."""
    died: bool = False
    """Nothing is known: the process was killed, twice."""


class Judge:
    """Judges one answer after the other; not for several threads at once."""

    def __init__(self, means: Means, limits: Limits) -> None:
        self.means, self._limits = means, limits
        self.sandbox: Sandbox | None = None
        """The one in use; a new one is started where it has ended."""

    def find(self, language: Language, answer: str, task: Task) -> Finding:
        """Run the answer with the tests; asks again once if a process was killed.

        Raises:
            SeapoError: no sandbox starts.
        """
        held = {"setup": task.setup, "tests": task.tests, "entry_point": task.entry_point}
        outcome, finding = self._asked(language, answer, held)
        verdict = (outcome or {}).get("verdict") or {}
        if not verdict.get("not_plain"):
            return finding
        # Not the answer, only the test can bring this about.
        joined = {"setup": "", "tests": language.joined(answer, held), "entry_point": None}
        _, finding = self._asked(language, None, joined)
        weak = f"{verdict['error']}: answer and tests ran in one process"
        return Finding(finding.passed, finding.reason, weak, finding.died)

    def close(self) -> None:
        """End the sandbox."""
        if self.sandbox is not None:
            self.sandbox.close()

    def _asked(
        self, language: Language, answer: str | None, task: dict[str, str | None]
    ) -> tuple[dict[str, Any] | None, Finding]:
        job = {"language": language.name, "program": answer, "task": task}
        for _ in range(_TRIES):
            if self.sandbox is None or self.sandbox.closed:
                self.sandbox = Sandbox(self.means)
            outcome = None
            try:
                outcome = self.sandbox.run(job, self._limits)
                finding = self._read(outcome)
            except SandboxDied as error:
                finding = Finding(passed=False, reason=str(error), died=True)
            if not finding.died:
                break
        return outcome, finding

    def _read(self, outcome: dict[str, Any]) -> Finding:
        verdict = outcome["verdict"]
        if outcome["late"]:
            return Finding(passed=False, reason=f"no end after {self._limits.wall:g} s")
        if verdict is None:
            return self._ended("the tests' process", outcome["checker"])
        if verdict.get("gone"):
            return self._ended("the process", outcome["answer"])
        if verdict["passed"] is True:
            return Finding(passed=True, weak=verdict.get("weak"))
        return Finding(passed=False, reason=str(verdict.get("error")), weak=verdict.get("weak"))

    def _ended(self, what: str, ended: list[Any]) -> Finding:
        code, used, by_itself = ended
        if code == -signal.SIGXCPU or used >= self._limits.seconds:
            reason = f"no end after {self._limits.seconds} s of CPU time"
            return Finding(passed=False, reason=reason)
        if not by_itself:
            return Finding(passed=False, reason=f"{what} hung up")
        if code < 0:
            name = signal.Signals(-code).name
            return Finding(passed=False, reason=f"{what} was killed by {name}", died=True)
        return Finding(passed=False, reason=f"{what} ended with status {code}")


class Judges:
    """Several judges for one event loop, as many at once as there are cores."""

    def __init__(self, means: Means, limits: Limits) -> None:
        count = os.cpu_count() or 1
        self._places = asyncio.Semaphore(count)
        self._free = [(DaemonThread(), Judge(means, limits)) for _ in range(count)]

    async def find(self, language: Language, answer: str, task: Task) -> Finding:
        """As `Judge.find`, beside the event loop."""
        async with self._places:
            thread, judge = self._free.pop()
            try:
                return await thread.call(judge.find, language, answer, task)
            finally:
                self._free.append((thread, judge))
