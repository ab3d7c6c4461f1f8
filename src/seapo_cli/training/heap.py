"""How the C library allocates memory for a program that works with tensors."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Parameters of glibc's `mallopt`."""
_MOST = (1 << 31) - 1


def keep_freed_memory() -> None:
    """Reuse the memory of freed tensors, rather than return it and have it zeroed again.

    glibc maps every large tensor anew, and the system clears each of its pages at first touch:
    seconds of a step on a CPU. Elsewhere than in glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _MOST)
