"""Forks a process for each answer and one for its tests, inside a sandbox that is there already.

    python -m inside.server OPTIONS      OPTIONS: JSON, see `Options`

One job at a time: a frame with limits, one with the answer's program, one with the tests come in
on stdin; a frame with the outcome goes out on stdout. This process, which is never given the tests
(the checker reads them itself), ends when stdin does, and everything in the sandbox with it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from . import limits
from .wire import WireError, read_frame, write_frame

_LARGEST_VERDICT = 64 << 10
_GRACE_SECONDS = 1.0
_USUAL = "math cmath re string random collections itertools functools operator heapq bisect copy"
_USUAL += " typing dataclasses enum datetime decimal fractions statistics json unittest array"


class Options(NamedTuple):
    """How this sandbox was made."""

    scratch: str
    """The only folder that can be written."""
    alone: bool
    """Whether this is process 1 of its own process namespace."""
    programs: dict[str, str]
    """Paths of other languages' interpreters."""


class Children:
    """The processes of one job."""

    def __init__(self, options: Options) -> None:
        self._alone = options.alone
        self._running: list[int] = []
        self.ended: dict[int, tuple[int, float]] = {}
        """Exit code (negative: signal) and CPU seconds, by process id."""

    def start(self, work: Callable[[], None]) -> int:
        """Fork a process that does the work and ends."""
        child = os.fork()
        if child:
            self._running.append(child)
            return child
        status = 1
        try:
            os.setsid()
            work()
            status = 0
        finally:
            os._exit(status)

    def wait(self, child: int, seconds: float) -> None:
        """Give a process some time to end."""
        end = time.monotonic() + seconds
        while child not in self.ended and time.monotonic() < end:
            self._reap(os.WNOHANG)
            time.sleep(0.002)

    def kill(self) -> None:
        """End all that is left, also what the job's processes have started."""
        if self._alone:
            self._signal(os.kill, -1)
        for child in self._running:
            if child not in self.ended:
                self._signal(os.killpg, child)
                self._signal(os.kill, child)
        while len(self.ended) < len(self._running) or self._alone:
            if not self._reap(0):
                break

    def _signal(self, send: Callable[[int, int], None], target: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            send(target, signal.SIGKILL)

    def _reap(self, options: int) -> bool:
        try:
            child, status, used = os.wait4(-1, options)
        except ChildProcessError:
            return False
        if child in self._running:
            code = os.waitstatus_to_exitcode(status)
            self.ended[child] = code, used.ru_utime + used.ru_stime
        return True


class Job:
    """One answer and its tests."""

    def __init__(self, options: Options, asked: dict[str, Any], program: str | None) -> None:
        self._options, self._asked, self._program = options, asked, program
        self._language = import_module(f".{asked['language']}", __package__)
        self._seccomp = limits.libseccomp()

    def run(self) -> dict[str, Any]:
        """Run it to its end; the outcome."""
        children = Children(self._options)
        end = time.monotonic() + self._asked["wall"]
        ours, theirs = socket.socketpair()
        answer = None
        if self._program is not None:
            answer = children.start(lambda: self._answer(theirs.fileno()))
        theirs.close()
        verdict_out, verdict_in = os.pipe()
        checker = children.start(lambda: self._check(ours.fileno(), verdict_in))
        ours.close()
        os.close(verdict_in)
        try:
            verdict, late = _collect(verdict_out, end)
        except EOFError:
            children.kill()
            raise
        os.close(verdict_out)
        if not late and verdict is None:
            children.wait(checker, _GRACE_SECONDS)
        if answer is not None and verdict and verdict.get("gone"):
            children.wait(answer, _GRACE_SECONDS)
        before = set(children.ended)
        children.kill()
        ended = {
            name: [*children.ended[child], child in before]
            for name, child in (("answer", answer), ("checker", checker))
            if child is not None
        }
        return {"verdict": verdict, "late": late, **ended}

    def _answer(self, fd: int) -> None:
        _keep_only(fd)
        self._restrict()
        self._language.answer(fd, self._program, self._options.programs)

    def _check(self, fd: int, verdict: int) -> None:
        task = read_frame(0)
        answer = None if self._program is None else fd
        _keep_only(fd, verdict)
        self._restrict()
        self._language.check(answer, verdict, task, self._options.programs)

    def _restrict(self) -> None:
        own = self._language.IN_PROCESS
        os.chdir(self._options.scratch)
        limits.limit(
            self._asked["seconds"],
            self._asked["memory"],
            address_space=own,
            processes=self._options.alone,
        )
        if self._seccomp is not None:
            limits.forbid(self._seccomp, programs=own)


def _keep_only(*kept: int) -> None:
    """Close all files but these; the standard ones lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, 4096)


def _collect(fd: int, end: float) -> tuple[dict[str, Any] | None, bool]:
    """The checker's verdict, None if there is none; and whether time ran out first.

    Raises:
        EOFError: stdin is closed: nobody waits for the outcome.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.register(0, 0)  # its hang-up only
    data = bytearray()
    while (left := end - time.monotonic()) > 0 and len(data) < _LARGEST_VERDICT:
        ready = dict(poll.poll(left * 1000))
        if 0 in ready:
            raise EOFError
        if fd in ready:
            part = os.read(fd, 1 << 16)
            if not part:
                return _verdict(bytes(data)), False
            data += part
    return None, left <= 0


def _verdict(data: bytes) -> dict[str, Any] | None:
    try:
        verdict = json.loads(data[4:])
    except (ValueError, RecursionError):
        return None
    return verdict if isinstance(verdict, dict) else None


def _clean(scratch: Path) -> bool:
    """Remove what a job has written; whether nothing is left."""
    try:
        for path in list(scratch.iterdir()):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        return not any(scratch.iterdir())
    except OSError:
        return False


def serve(options: Options) -> None:
    """Do jobs until stdin ends."""
    limits.harden()
    sys.dont_write_bytecode = True
    for name in _USUAL.split():
        import_module(name)
    write_frame(1, {"ready": True})
    while True:
        try:
            asked, program = read_frame(0), read_frame(0)
        except WireError:
            return
        if asked is None:
            return
        try:
            outcome = Job(options, asked, program["program"]).run()
        except EOFError:
            return
        outcome["clean"] = _clean(Path(options.scratch))
        write_frame(1, outcome)


def main() -> None:
    """Start from the command line."""
    options = Options(**json.loads(sys.argv[1]))
    try:
        serve(options)
    finally:
        if not options.alone:  # else it ends with the sandbox
            shutil.rmtree(options.scratch, ignore_errors=True)
