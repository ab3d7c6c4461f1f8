"""Starts hundreds of real `seapo` processes cheaply: a loaded interpreter that forks on demand.

    python zygote.py [cli|training]     one specification (JSON) a line on stdin

For each line it forks a supervisor, which forks the run itself, waits for it, and looks for
processes that the run left behind. Both tell what they know by files in the folder `control`:
`pid` once the run has begun, `ended` (JSON) once all is over.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from runpy import run_module
from typing import Any, NoReturn

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def _tell(folder: str, name: str, value: object) -> None:
    part = Path(folder, name + ".part")
    part.write_text(json.dumps(value))
    part.replace(Path(folder, name))


def _children() -> list[int]:
    return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:200]
    except OSError:
        return "gone"


def _supervise(spec: dict[str, Any]) -> NoReturn:
    """Run a specification, then tell how it ended and what it left running."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _run(spec)
    _tell(spec["control"], "pid", pid)
    _, status, usage = os.wait4(pid, 0)
    seconds, limit = time.monotonic() - begun, time.monotonic() + spec["grace"]
    while _children() and time.monotonic() < limit:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)
        except ChildProcessError:
            break
    orphans = _children()
    told = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "peak_mb": usage.ru_maxrss >> 10,
        "orphans": [_command_of(orphan) for orphan in orphans],
    }
    for orphan in orphans:
        os.kill(orphan, signal.SIGKILL)
    _tell(spec["control"], "ended", told)
    os._exit(0)


def _run(spec: dict[str, Any]) -> NoReturn:
    """Become the run: its folder, environment, files and limits; then the program."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(spec["folder"])
    os.environ.clear()
    os.environ.update(spec["environment"])
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, name in enumerate(spec["files"]):
        if name is None:
            os.close(number)
            continue
        opened = os.open(name, flags[number], 0o666)
        os.dup2(opened, number)
        os.close(opened)
    for name, size in spec["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (size, size))
    if spec["program"] == "exec":
        os.execvpe(spec["arguments"][0], spec["arguments"], os.environ)
    code = 1
    try:
        code = _program(spec["program"], spec["arguments"])
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    except BaseException:  # what the interpreter would do
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120
    os._exit(code)


def _program(name: str, arguments: list[str]) -> int:
    from seapo_cli.cli import main

    sys.argv = ["seapo", *arguments]
    try:
        if name == "training":
            run_module("seapo_cli.training", run_name="__main__")
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


def _load(kind: str) -> None:
    """Import what runs need, so that they need not."""
    from importlib import import_module

    names = ["aiohttp", "openai", "seapo_cli.api", "seapo_cli.cli"]
    names += [f"seapo_cli.stages.{stage}" for stage in ("sample", "inject", "filter", "pair")]
    if kind == "training":
        names += ["torch", "transformers", "peft", "seapo_cli.training.train"]
    for name in names:
        import_module(name)
    if kind == "training":
        import torch

        torch.set_num_threads(1)


def main() -> None:
    _load(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        spec = json.loads(line)
        if os.fork() == 0:
            _supervise(spec)


if __name__ == "__main__":
    main()
