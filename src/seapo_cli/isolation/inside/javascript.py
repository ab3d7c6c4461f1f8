"""JavaScript answers and tests: node takes the place of the forked process."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IN_PROCESS = False
_ANSWER, _VERDICT, _TASK = 3, 4, 5
"""Files that javascript.js finds its pipes and its source at."""
_HEAP_MIB = 256
_LONGEST_SOURCE = 60_000


def answer(fd: int, program: str, programs: Mapping[str, str]) -> None:
    """Run the answer's program, and what the checker asks of it."""
    _become(programs, "answer", {_ANSWER: fd}, {"program": program})


def check(
    fd: int | None, verdict: int, task: Mapping[str, Any], programs: Mapping[str, str]
) -> None:
    """Run the tests; `fd` None: they hold the answer themselves."""
    files = {_VERDICT: verdict} | ({} if fd is None else {_ANSWER: fd})
    _become(programs, "check" if fd is not None else "alone", files, task)


def _become(
    programs: Mapping[str, str], role: str, files: Mapping[int, int], task: Mapping[str, Any]
) -> None:
    # A pipe takes 64 KiB without a reader.
    data = json.dumps(task).encode()
    if len(data) > _LONGEST_SOURCE:
        raise ValueError("a program that is too long")
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    # Out of the way first, as one file's old number may be another's new one.
    wanted = {**files, _TASK: read}
    moved = {place: fcntl.fcntl(fd, fcntl.F_DUPFD, _TASK + 1) for place, fd in wanted.items()}
    for place, fd in moved.items():
        os.dup2(fd, place)
    script = str(Path(__file__).with_suffix(".js"))
    node = programs["javascript"]
    options = (f"--max-old-space-size={_HEAP_MIB}", "--disable-wasm-trap-handler")
    os.execve(node, [node, *options, script, role], {"HOME": ".", "TZ": "UTC"})
