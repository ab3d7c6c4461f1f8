"""What a command costs: its orphans are counted, and killed with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

_MEASURE = """
import json, sys, time
from dataclasses import asdict
from pathlib import Path
from process_tree import Tree, adopt_orphans
adopt_orphans()
folder, program, kill = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
log = folder / "log.txt"
tree = Tree([sys.executable, "-c", program], folder, {}, log)
while kill and not log.read_text().endswith("\\n"):
    time.sleep(0.05)
print(json.dumps(asdict(tree.kill() if kill else tree.wait(120))))
"""
_BUSY = "import time; block = bytearray(50_000_000)\nwhile time.process_time() < 0.2: pass"
_ORPHAN = f"""
import subprocess, sys
subprocess.Popen(
    [sys.executable, "-c", "import subprocess, sys;"
     "subprocess.Popen([sys.executable, '-c', sys.argv[1]])", {_BUSY!r}]
).wait()
"""
_LASTING = """
import os, time
if os.fork():
    time.sleep(600)
print(os.getpid(), flush=True)
time.sleep(600)
"""


def measured(folder: Path, program: str, *, kill: bool = False) -> dict[str, Any]:
    """The cost of a program, measured in a process that adopts its orphans.

    It ends by itself, or is killed as soon as it has written a line.
    """
    path = Path(__file__).parents[2] / "benchmarks"
    command = [sys.executable, "-c", _MEASURE, str(folder), program, "kill" if kill else ""]
    told = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(path)}, capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_orphans_are_counted(tmp_path: Path) -> None:
    found = measured(tmp_path, _ORPHAN)
    assert found["code"] == 0
    assert found["cpu_s"] >= 0.2
    assert found["peak_mb"] >= 48


def test_all_are_killed(tmp_path: Path) -> None:
    found = measured(tmp_path, _LASTING, kill=True)
    assert found["code"] is None
    pid = int((tmp_path / "log.txt").read_text())
    assert not Path(f"/proc/{pid}").exists()
