"""Whole files: the one place that gives a file its name, and only once all of it is there.

A file is written under a temporary name beside it, which is locked while its writer lives:
`kill -9` frees the lock, and the next run takes over what is left. So two runs never mix in one
file, and nothing of a user's is written through a link, a FIFO or a second name.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.io.folders import PART, lock, shown, sync_folder

_DESCRIPTORS = {"-": 1, "/dev/stdout": 1, "/dev/stderr": 2}
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")


def part_of(path: Path) -> Path:
    """Where a file is written until it is whole."""
    return Path(f"{path}{PART}")


def descriptor_of(name: str) -> int | None:
    """The open descriptor that a name stands for (`-` is stdout); None for files."""
    match = _DESCRIPTOR.fullmatch(name)
    return int(match[1]) if match else _DESCRIPTORS.get(name)


class Target:
    """An open descriptor that output is written to; all raise the system's `OSError`."""

    fd: int

    def __enter__(self) -> Self:
        """Open it."""
        raise NotImplementedError

    def __exit__(self, kind: object, *_: object) -> None:
        self.close(whole=kind is None)

    def write(self, data: bytes | bytearray) -> None:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def close(self, whole: bool) -> None:
        """Close it; `whole`: everything was written."""
        raise NotImplementedError


def target_of(name: str, keep_part: bool = False) -> Target:
    """Where output of a name goes: a whole file; or a pipe or device, written as it comes.

    `keep_part` leaves what was written, if anything, of a file that did not become whole.
    """
    return Direct(name) if is_direct(name) else WholeFile(name, keep_part)


def is_direct(name: str) -> bool:
    """Whether output of a name is written as it comes: to a descriptor, a pipe or a device."""
    if descriptor_of(name) is not None:
        return True
    try:
        mode = Path(name).stat().st_mode
    except OSError:  # opening it reports that
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


class Direct(Target):
    """Stdout, a pipe or a device: there is no name to give at the end."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Self:
        number = descriptor_of(self._name)
        # By its number, not its name: `>(command)` and sockets have none that could be opened.
        self.fd = os.open(self._name, os.O_WRONLY) if number is None else os.dup(number)
        return self

    def close(self, whole: bool) -> None:  # noqa: ARG002, a pipe does not care
        """Close it."""
        os.close(self.fd)


class WholeFile(Target):
    """A file on this machine that gets its name when the block ends without an error.

    It keeps the permissions of the file that it replaces. A link to a file stays a link.

    Raises:
        InUse: another run is writing the file.
        UsageError: something foreign has its temporary name.
        OSError: the system refuses.
    """

    def __init__(self, path: str | Path, keep_part: bool = False) -> None:
        self._target = Path(os.path.realpath(path))
        self._part = part_of(self._target)
        self._keep_part = keep_part

    def __enter__(self) -> Self:
        old = _status(self._target)
        if old and stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if old and not os.access(self._target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self.fd = _claim(self._part, self._target)
        if old:
            os.fchmod(self.fd, stat.S_IMODE(old.st_mode))
        return self

    def close(self, whole: bool) -> None:
        """Give the file its name if it is whole; it is on the disk by then."""
        try:
            if whole:
                os.fsync(self.fd)
                self._part.replace(self._target)
                sync_folder(self._target.parent)
        except OSError:
            whole = False
            raise
        finally:
            if not whole and not (self._keep_part and os.fstat(self.fd).st_size):
                self._part.unlink(missing_ok=True)
            os.close(self.fd)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A whole file as a stream; raises what `WholeFile` does."""
    with WholeFile(path) as file, os.fdopen(os.dup(file.fd), "wb") as stream:
        yield stream


def write_whole(path: Path, data: bytes) -> None:
    """Write a whole file at once.

    Raises:
        SeapoError: it cannot be written.
    """
    try:
        with WholeFile(path) as file:
            file.write(data)
    except OSError as error:
        raise SeapoError(f"{shown(path)}: cannot write: {error.strerror}") from None


class RemoteFile:
    """A file on any file system of fsspec that gets its name once it is whole."""

    may_block = True

    def __init__(self, system: Any, path: str) -> None:
        self._system, self._path = system, path
        self._part = f"{path}.{uuid.uuid4().hex[:12]}{PART}"

    def __enter__(self) -> Self:
        self._stream: Any = self._system.open(self._part, "wb")
        return self

    def write(self, data: bytes | bytearray) -> None:
        """Write all of `data`."""
        self._stream.write(data)

    def __exit__(self, kind: object, *_: object) -> None:
        self._stream.close()
        if kind is None:
            self._system.mv(self._part, self._path)
        else:
            with suppress(Exception):  # the first error says more
                self._system.rm(self._part)


def _claim(part: Path, target: Path) -> int:
    """The temporary file, empty, and this process's alone while it is open."""
    # Non-blocking, as a FIFO of that name would wait for a reader for ever.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    while True:
        try:
            fd = os.open(part, flags, 0o666)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
                raise _in_the_way(part) from None
            raise
        try:
            found = os.fstat(fd)
            mine = found.st_uid == os.geteuid() and found.st_nlink <= 1
            if not (stat.S_ISREG(found.st_mode) and mine):
                raise _in_the_way(part)
            lock(fd, target)
            now = _status(part)
            if now and os.path.samestat(now, found):
                os.ftruncate(fd, 0)
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # the run before has just given it its name: make a new one


def _in_the_way(part: Path) -> UsageError:
    return UsageError(f"{shown(part)}: is not a file that seapo left there: remove it")


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
