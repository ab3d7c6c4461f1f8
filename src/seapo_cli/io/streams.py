"""The three standard streams, whatever state a shell or a service leaves them in."""

from __future__ import annotations

import io
import os
import sys

_MODES = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)


def secure_streams() -> None:
    """Make sure that no file of the user's gets descriptors 0 to 2, and that stderr never fails.

    A closed stdin or stdout stays one that cannot be read or written; a file that is opened later
    does not get its number. Messages that cannot be written (a full disk, a closed pipe) are
    dropped, as they are not a reason to end a run.
    """
    for number, mode in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free number
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or io.TextIOWrapper(io.BytesIO())
    raw = _Forgiving(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", errors="backslashreplace", line_buffering=True
    )


class _Forgiving(io.FileIO):
    """A file that takes what cannot be written."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except OSError:
            return memoryview(data).nbytes  # type: ignore[arg-type]
