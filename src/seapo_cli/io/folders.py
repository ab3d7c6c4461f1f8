"""Folders and locks: one run at a time, folders that appear whole, folders for a while."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from seapo_cli.exceptions import InUse, UsageError

PART = ".seapo.part"
"""Ending of what is not whole yet."""


def shown(name: str | Path) -> str:
    """A file's name as text: bytes that are not UTF-8 are escaped."""
    return os.fsencode(name).decode(errors="backslashreplace")


@contextmanager
def whole_folder(target: Path, last: Sequence[str] = ()) -> Iterator[Path]:
    """An empty folder whose files move into `target` when the block ends without an error.

    Names in `last` are moved last: what readers look for first.

    Raises:
        InUse: another run is writing there.
        OSError: the system refuses.
    """
    part = target / f"export{PART}"
    if part.is_symlink() or (part.exists() and not part.is_dir()):
        raise UsageError(f"{shown(part)}: is in the way: remove it")
    part.mkdir(parents=True, exist_ok=True)
    held = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        lock(held, target)
        _empty(part)
        yield part
        for file in sorted(part.iterdir(), key=lambda file: file.name in last):
            _sync(file)
            file.replace(target / file.name)
        sync_folder(target)
        part.rmdir()
    finally:
        os.close(held)


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """This process is the only run that writes to a folder, until the block ends.

    Raises:
        InUse: another one does.
        OSError: the system refuses.
    """
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock(held, folder)
        yield
    finally:
        os.close(held)


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder that is gone when the block ends; what a killed run left goes as well.

    Raises:
        OSError: the system refuses.
    """
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError, InUse), only_run(left):
            shutil.rmtree(left)
    with ExitStack() as stack:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            # Another run may have taken it for a leftover before this one held it.
            with suppress(FileNotFoundError, InUse):
                stack.enter_context(only_run(folder))
                if folder.exists():
                    break
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk, where its file system can do that."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def lock(fd: int, target: Path) -> None:
    """Lock an open file or folder for this process, while it is open.

    Raises:
        InUse: another run has it.
        OSError: the system refuses.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUse(
            f"{shown(target)}: another run is writing it: wait for its end, or name another"
        ) from None
    except OSError as error:
        # Some network file systems know no locks; there the user sees to it.
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
            raise


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
