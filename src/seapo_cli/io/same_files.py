"""Equal paths are refused before anything is opened: an output must not be any other file
of the run.

Two names are equal where they lead to one file: by links, by hard links, through `/dev/stdout` or a
shell's redirection too.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seapo_cli.exceptions import UsageError
from seapo_cli.io.folders import PART, shown
from seapo_cli.io.sources import files_of, is_data, is_remote, remote_path
from seapo_cli.io.whole_files import descriptor_of, is_direct

_STORE_FILES = ("-wal", "-shm", "-journal", "-claims")


@dataclass(frozen=True, slots=True)
class Place:
    """A file of a run: the option that names it, and the name."""

    option: str
    name: str
    pattern: re.Pattern[str] | None = None
    """For files that are numbered: what all their real paths match."""

    @property
    def label(self) -> str:
        name = shown(self.name)
        if name == "-":
            name = "stdout" if self.option else "stdin"
        return f"{self.option} {name}".strip()


def reads(option: str, names: Iterable[object]) -> list[Place]:
    """Places that are read; of folders, all files in them."""
    return [Place(option, one) for name in names for one in _read_at(str(name))]


def writes(option: str, name: object | None) -> list[Place]:
    """The place of an output, if it is wanted, and that of its temporary file."""
    if name is None:
        return []
    place = Place(option, str(name))
    if is_remote(place.name) or is_direct(place.name):
        return [place]
    return [place, Place(option, os.path.realpath(place.name) + PART)]


def store_files(path: Path | None) -> list[Place]:
    """What SQLite keeps of the store."""
    names = [str(path) + end for end in ("", *_STORE_FILES)] if path else []
    return [Place("--store", name) for name in names]


def numbered_files(option: str, path: Path | None) -> list[Place]:
    """Files `NAME-00001.ENDING` and so on."""
    if path is None:
        return []
    real = Path(os.path.realpath(path.parent)) / path.name
    start, end = re.escape(str(real.with_suffix(""))), re.escape(real.suffix)
    return [Place(option, str(path), re.compile(rf"{start}-\d{{5}}{end}({re.escape(PART)})?"))]


def refuse_equal(read: Iterable[Place], written: Iterable[Place]) -> None:
    """Check that no written place is another place of the run.

    Raises:
        UsageError: two are the same file; names both.
    """
    inputs, outputs = list(read), list(written)
    known = {identity: place for place in inputs for identity in _identities(place)}
    for place in outputs:
        for identity in _identities(place):
            other = known.setdefault(identity, place)
            if other.option != place.option:
                raise _equal(other, place)
    for numbered in (place for place in outputs if place.pattern):
        for place in (*inputs, *outputs):
            if _matches(numbered, place):
                raise _equal(place, numbered)
    for folder in inputs:
        for place in outputs:
            if _would_be_read(folder, place):
                raise _equal(folder, place)


def _read_at(name: str) -> Iterator[str]:
    yield name
    if not is_remote(name) and Path(name).is_dir():
        yield from files_of(name)


def _identities(place: Place) -> Iterator[object]:
    """What names the file of a place; nothing for terminals and `/dev/null`, which can be
    shared."""
    if is_remote(place.name):
        yield remote_path(place.name)
        return
    number = 0 if place.option == "" and place.name == "-" else descriptor_of(place.name)
    try:
        found = Path(place.name).stat() if number is None else os.fstat(number)
    except OSError:
        found = None
    if found and (stat.S_ISCHR(found.st_mode) or stat.S_ISSOCK(found.st_mode)):
        return
    if found:
        yield found.st_dev, found.st_ino
    if number is None:
        yield os.path.realpath(place.name)


def _matches(numbered: Place, place: Place) -> bool:
    if place.pattern or descriptor_of(place.name) is not None or is_remote(place.name):
        return False
    assert numbered.pattern is not None
    return bool(numbered.pattern.fullmatch(os.path.realpath(place.name)))


def _would_be_read(folder: Place, place: Place) -> bool:
    """Whether the same command again would read its own output, as a file of the input folder."""
    names = (folder.name, place.name)
    if any(map(is_remote, names)) or place.name == "-" or not Path(folder.name).is_dir():
        return False
    above, below = os.path.realpath(folder.name), os.path.realpath(place.name)
    return below.startswith(above + os.sep) and is_data(below, above)


def _equal(one: Place, other: Place) -> UsageError:
    return UsageError(
        f"{one.label} and {other.label} are the same file: nothing was opened; give each its own"
    )
