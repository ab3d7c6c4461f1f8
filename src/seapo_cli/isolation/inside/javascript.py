"""JavaScript answers and tests: node takes the place of the forked process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IN_PROCESS = False
_ANSWER, _VERDICT, _TASK = 3, 4, 5
"""Files that javascript.js finds its pipes and its source at."""
_HEAP_MIB = 256


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
    # Out of the way first, as one pipe's old number may be another's new one.
    moved = {place: os.dup(fd) for place, fd in files.items()}
    spare = {place: _above(fd) for place, fd in moved.items()}
    for place, fd in spare.items():
        os.dup2(fd, place)
    read, write = os.pipe()
    # A pipe takes 64 KiB without a reader; a longer source goes through a file of the scratch.
    data = json.dumps(task).encode()
    if len(data) > 60_000:
        raise ValueError("a program of more than 60 kB")
    os.write(write, data)
    os.close(write)
    os.dup2(read, _TASK)
    script = str(Path(__file__).with_suffix(".js"))
    node = programs["javascript"]
    options = (f"--max-old-space-size={_HEAP_MIB}", "--disable-wasm-trap-handler")
    os.execve(node, [node, *options, script, role], {"HOME": ".", "TZ": "UTC"})


def _above(fd: int) -> int:
    """A copy of a file whose number is out of the way of the fixed ones."""
    copies = [os.dup(fd)]
    while copies[-1] <= _TASK:
        copies.append(os.dup(fd))
    for copy in copies[:-1]:
        os.close(copy)
    return copies[-1]
