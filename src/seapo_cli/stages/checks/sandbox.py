"""Runs one program that nobody trusts, as far as a process can be held back from inside.

    python sandbox.py SECONDS MEGABYTES      the program on stdin, the outcome on stdout

A program of its own, run in an empty folder and its own process group by `run_tests.py`, which
imports nothing of it. It is no jail: code that means harm needs a container or a virtual machine.
It stops accidents: endless loops, memory bombs, network calls, files written outside its folder,
child processes.

Prints `{"passed": true}`, or `{"passed": false, "error": "AssertionError: ..."}`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys

_MEGABYTE = 1 << 20
_LARGEST_FILE = 4 * _MEGABYTE
_MOST_FILES = 64
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.kill",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "ctypes.",
    "webbrowser.",
    "urllib.",
    "ftplib.",
    "smtplib.",
)
_CHANGES_FILES = (
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"),
    *("os.symlink", "os.truncate", "os.unlink", "shutil.", "os.chdir"),
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(seconds: int, megabytes: int) -> None:
    """Limit CPU time, memory, files, and leave the network where the kernel lets us."""
    memory = megabytes * _MEGABYTE
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    with contextlib.suppress(
        OSError, AttributeError
    ):  # not on every system, not in every container
        libc = ctypes.CDLL(None)
        # As root without a namespace for users, which some containers forbid.
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def guard(folder: str) -> None:
    """Refuse what the limits do not cover; a hook cannot be taken away again."""

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not allowed here")
        if event.startswith(_CHANGES_FILES) or (event == "open" and _writes(arguments)):
            paths = arguments[: 1 if event == "open" else 2]  # source and target
            if not all(_inside(p, folder) for p in paths if isinstance(p, str | bytes)):
                raise PermissionError(f"{event} outside of the test's folder is not allowed")

    sys.addaudithook(refuse)


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITES)


def _inside(path: str | bytes, folder: str) -> bool:
    real = os.path.realpath(os.fsdecode(path))
    return real == "/dev/null" or os.path.commonpath([real, folder]) == folder


def outcome(program: str) -> dict[str, object]:
    """Run the program; it passes if it comes to its end."""
    try:
        exec(compile(program, "<answer>", "exec"), {"__name__": "__main__"})
    except MemoryError:
        return {"passed": False, "error": "MemoryError"}
    except BaseException as error:  # also SystemExit: to leave early is not to pass
        text = f"{type(error).__name__}: {error}".split("\n")[0]
        return {"passed": False, "error": text[:200]}
    return {"passed": True}


def main() -> None:
    seconds, megabytes = map(int, sys.argv[1:])
    program = sys.stdin.read()
    told = os.dup(1)  # what the program prints goes nowhere
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    limit(seconds, megabytes)
    guard(os.path.realpath("."))
    os.write(told, json.dumps(outcome(program)).encode())
    os._exit(0)  # whatever threads or exit handlers the program left


if __name__ == "__main__":
    main()
