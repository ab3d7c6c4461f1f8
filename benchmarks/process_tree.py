"""What a command costs with all the processes that it starts, and how to kill them all (Linux)."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_GRACE = 60
"""Seconds in which what a command leaves behind may end."""
_PERIOD, _SHARE = 0.1, 20
"""Memory is looked at after so many seconds, or so many times what the last look took."""


def adopt_orphans() -> None:
    """Have processes whose parent dies become children of this one, so that none is missed."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that came to its end, or was killed."""

    code: int | None
    """None where it was killed."""
    wall_s: float
    cpu_s: float
    """User and system time of all processes."""
    peak_mb: float
    """Most that the sum of their proportional set sizes came to."""
    left: int
    """Processes that were still there a while after the command had ended."""


class Tree:
    """A running command. Children of this process that were there before are not part of it.

    One at a time: CPU time is what this process's children have used in the meantime.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self._others = _descendants()
        self._before = _children_cpu()
        self._peak, self._over = 0.0, threading.Event()
        with log.open("ab") as output:
            self._begun = time.perf_counter()
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float) -> Ended:
        """Its end; killed when time is up."""
        try:
            code: int | None = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        wall = time.perf_counter() - self._begun
        until = time.perf_counter() + (_GRACE if code is not None else 0)
        while (left := self._mine()) and time.perf_counter() < until:
            time.sleep(0.05)
            _reap(left)
        return self._ended(code, wall, len(left) if code is not None else 0)

    def kill(self) -> Ended:
        """SIGKILL for all of it at once."""
        return self._ended(None, time.perf_counter() - self._begun, 0)

    def _ended(self, code: int | None, wall: float, left: int) -> Ended:
        while mine := self._mine():
            for pid in mine:
                _kill(pid)
            self._process.poll()
            _reap(mine)
            time.sleep(0.01)
        self._process.wait()
        self._over.set()
        self._sampler.join()
        return Ended(code, wall, _children_cpu() - self._before, self._peak, left)

    def _mine(self) -> set[int]:
        return _descendants() - self._others

    def _sample(self) -> None:
        pause = _PERIOD
        while not self._over.wait(pause):
            begun = time.perf_counter()
            self._peak = max(self._peak, sum(map(_proportional_mb, self._mine())))
            pause = max(_PERIOD, _SHARE * (time.perf_counter() - begun))


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _descendants() -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it has just ended
                continue
            # The name, in parentheses, may hold anything.
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        more = children.get(waiting.pop(), [])
        found.update(more)
        waiting += more
    return found


def _proportional_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has just ended
        return 0.0
    return int(text.partition("\nPss:")[2].split()[0] or 0) / 1024 if "\nPss:" in text else 0.0


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _reap(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ChildProcessError):  # another process's child, or gone
            os.waitpid(pid, os.WNOHANG)
