"""Memory of freed tensors is used again."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import resource
from seapo_cli.training.heap import keep_freed_memory
{call}
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    large = bytearray(64 << 20)
    del large
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(call: str) -> int:
    """Pages that the system had to clear for the fifth of five equal buffers."""
    program = [sys.executable, "-c", _PROGRAM.format(call=call)]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_large_buffers_are_not_mapped_anew() -> None:
    # Written to once at least: a fresh zeroed buffer costs no fault before that.
    touched = "bytearray = lambda size: b'x' * size"
    assert faults(touched) > 1000
    assert faults(f"keep_freed_memory(); {touched}") < 100
