"""Which requests are in flight, across all runs that share a store.

Each is a locked byte of a file beside the store, which stays empty. The system releases the locks
of a process that ends, however it ends; no claim is ever left behind.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

_ENDING = "-claims"
_ONE_HOLDS_IT = (errno.EACCES, errno.EAGAIN)
_PLACES = (1 << 62) - 1
"""Offsets within a file; among them, a few thousand requests do not collide."""


class Claims:
    """The claims of one run."""

    def __init__(self, store: Path) -> None:
        """Open the file, or create it, readable by this user only; raises OSError."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        self._fd = os.open(os.path.realpath(store) + _ENDING, flags, 0o600)

    def take(self, key: bytes) -> bool:
        """Claim a request; False if another run holds it."""
        try:
            self._lock(key, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # Some network file systems have no locks; there a request may be paid for twice.
            return error.errno not in _ONE_HOLDS_IT
        return True

    def free(self, key: bytes) -> None:
        """Release a claim; does nothing if it is not held, or all were released."""
        if self._fd >= 0:
            with suppress(OSError):  # as above
                self._lock(key, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release all claims."""
        os.close(self._fd)
        # A task cancelled later may still release its claim: not on a file that reuses the number.
        self._fd = -1

    def _lock(self, key: bytes, kind: int) -> None:
        place = int.from_bytes(key[:8]) & _PLACES
        if (by_file := getattr(fcntl, "F_OFD_SETLK", None)) is None:
            fcntl.lockf(self._fd, kind, 1, place)
            return
        # Held by the open file, not the process: two runs in one process conflict as well.
        wanted = fcntl.F_UNLCK if kind == fcntl.LOCK_UN else fcntl.F_WRLCK
        fcntl.fcntl(self._fd, by_file, _FLOCK.pack(wanted, os.SEEK_SET, place, 1, 0))


_FLOCK = struct.Struct("hhqqi0q")
"""C's `struct flock` on Linux, 64 bits."""
