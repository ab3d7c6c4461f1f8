"""`seapo` in a fork of this process: a real one with pipes, signals and an exit code of its own.

Half of what a short command does is importing; a fork has that done. What can only go wrong in a
new interpreter (start-up, limits, being killed) is tested in one: `Seapo.start`.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_USED = (
    "api backends.openai backends.replies checks engine.run engine.session engine.store "
    "mistakes.modes pairing.builder stages.filter stages.inject stages.pair stages.sample "
    "show.paint show.views"
)


@cache
def _import_what_commands_use() -> None:
    for name in _USED.split():
        import_module(f"seapo_cli.{name}")
    for name in ("yaml", "rich.progress", "pydantic", "difflib"):
        import_module(name)


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None = None,
    *,
    stdin: int = subprocess.PIPE,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a command; its streams are pipes unless said otherwise."""
    _import_what_commands_use()

    def become() -> NoReturn:
        _become(arguments, environment)

    # What is called before exec never comes to it.
    return subprocess.Popen(
        ["seapo"], stdin=stdin, stdout=stdout, stderr=stderr, cwd=folder, preexec_fn=become
    )


def _become(arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Be a Python that has just started `seapo`; ends the process."""
    # Among them the pipe by which Popen waits for exec.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    faulthandler.disable()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["seapo", *arguments]
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    # Held, as Python holds its own: were it collected, descriptor 2 would close.
    sys.stderr = sys.__stderr__ = os.fdopen(  # type: ignore[misc]
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1
    )
    logging.getLogger().handlers.clear()
    random.seed()
    code = 1
    try:
        code = _code_of_main()
        threading._shutdown()  # type: ignore[attr-defined]
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _code_of_main() -> int:
    from seapo_cli.cli import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0
