"""JSON Lines in and out: bounded memory, errors with line numbers, whole files only.

Reading works on raw bytes and never holds more than one chunk or one line, so a broken
byte, a broken line or a gigantic line costs only itself.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Self

from seapo_cli.exceptions import ReaderGone, RowError, SeapoError, UsageError
from seapo_cli.io.folders import shown
from seapo_cli.io.json_text import decode, encode
from seapo_cli.io.sources import DamagedInput, array_rows, compressor, is_plain, open_rows
from seapo_cli.io.whole_files import descriptor_of, target_of

MAX_LINE_BYTES = 32 << 20
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input: its number (from 1), and what it holds or why it cannot be read."""

    number: int
    data: object = None
    error: str | None = None
    end: int = 0
    """Bytes of input up to its end, its newline included."""

    @property
    def value(self) -> object:
        """What it holds.

        Raises:
            RowError: it cannot be read.
        """
        if self.error:
            raise RowError(self.error)
        return self.data


def lines_of(name: str) -> Iterator[Line]:
    """The lines of an input, one after the other.

    Raises:
        UsageError: it cannot be opened.
    """
    with open_input(name) as stream:
        for lines in read_lines(stream):
            yield from lines


def first_lines(lines: Iterator[list[Line]], most: int | None) -> Iterator[list[Line]]:
    """The first so many lines of lists of them, all with None; then no more are read."""
    if most is None:
        yield from lines
        return
    while most > 0 and (batch := next(lines, None)) is not None:
        yield batch[:most]
        most -= len(batch)


def read_lines(stream: BinaryIO) -> Iterator[list[Line]]:
    """Decode a JSONL stream, in lists of the lines that arrived together; blank lines are skipped.

    Lines stream as they arrive: a row written to a pipe is seen at once. A line over
    `MAX_LINE_BYTES` is skipped over without being held in memory. Where a file is damaged, the
    last line says so.
    """
    number = end = held = 0
    rest = bytearray()
    damage = ""
    while True:
        try:
            chunk = stream.read(_CHUNK_BYTES)
        except DamagedInput as error:
            damage = str(error)
            break
        except OSError as error:  # a closed stdin, a disk that fails
            damage = f"cannot be read: {error.strerror}"
            break
        if not chunk:
            break
        first, *others = chunk.split(b"\n")
        held += len(first)
        if held <= MAX_LINE_BYTES:
            rest += first
        if not others:
            continue
        *whole, last = [bytes(rest), *others]
        *lengths, held = [held, *map(len, others)]
        found = []
        for raw, length in zip(whole, lengths, strict=True):
            number, end = number + 1, end + length + 1
            too_long = length > MAX_LINE_BYTES
            found.append(_too_long(number, end) if too_long else _decode(raw, number, end))
        if lines := [line for line in found if line]:
            yield lines
        rest[:] = last
    number, end = number + 1, end + held
    if damage:
        yield [Line(number, error=damage, end=end)]
    elif held > MAX_LINE_BYTES:
        yield [_too_long(number, end)]
    elif line := _decode(bytes(rest), number, end):
        yield [line]


def _decode(raw: bytes, number: int, end: int) -> Line | None:
    if number == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        return None
    try:
        return Line(number, decode(raw), end=end)
    except ValueError as error:
        reason = f"not valid JSON: {error}"
    if number == 1 and raw.lstrip().startswith(b"["):
        reason = "the beginning of a JSON array: `jq -c '.[]'` makes JSONL of it"
    try:
        raw.decode()
    except UnicodeDecodeError as bad:
        reason = f"not valid UTF-8 at byte {bad.start} of the line"
    return Line(number, error=reason, end=end)


def _too_long(number: int, end: int) -> Line:
    return Line(number, error=f"line longer than {MAX_LINE_BYTES >> 20} MiB", end=end)


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """An input as JSONL, unbuffered where it is a plain file; `-` is stdin.

    Raises:
        UsageError: it cannot be opened.
    """
    if not is_plain(name):
        with open_rows(name) as rows:
            yield rows
        return
    try:
        # Not sys.stdin: its lock, held by a thread in a blocking read, breaks the exit.
        source = os.dup(0) if name == "-" else os.open(name, os.O_RDONLY)
        stream = os.fdopen(source, "rb", buffering=0)
    except OSError as error:
        raise UsageError(f"{input_name(name)}: {error.strerror}") from None
    with stream:
        yield array_rows(stream, input_name(name)) or stream


def input_name(name: str) -> str:
    """What messages call an input."""
    return "stdin" if name == "-" else shown(name)


def input_size(stream: BinaryIO) -> int | None:
    """Bytes to read in all; None for pipes and terminals, and where they are decoded first."""
    if not isinstance(stream, io.FileIO):
        return None
    found = os.fstat(stream.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else None


class Output:
    """Where rows go: stdout, a pipe or device, or a file that gets its name once it is whole.

    The name says whether it is compressed. What was written of a file that did not become
    whole stays under its temporary name.
    """

    def __init__(self, name: str, option: str = "") -> None:
        self.name = "stdout" if name == "-" else shown(name)
        self._label = f"{option}: {self.name}" if option else self.name
        self._target = target_of(name, keep_part=True)
        self._is_stdout = descriptor_of(name) == 1
        self._packer = compressor(name)
        self.always = False
        """Whether the file gets its name whatever ends the block, as reports of a run do."""

    def __enter__(self) -> Self:
        try:
            self._target.__enter__()
            self.may_block = not stat.S_ISREG(os.fstat(self._target.fd).st_mode)
            """Whether a write can wait for a slow reader (a pipe, a terminal)."""
        except OSError as error:
            raise UsageError(self._failure(error)) from None
        return self

    def write(self, data: bytes | bytearray) -> None:
        """Write all of `data`.

        Raises:
            ReaderGone: the reader of stdout is gone.
            SeapoError: the disk is full, or another I/O error.
        """
        self._write(self._packer.compress(data) if self._packer else data)

    def _write(self, data: bytes | bytearray) -> None:
        try:
            self._target.write(data)
        except BrokenPipeError as error:
            kind = ReaderGone if self._is_stdout else SeapoError
            raise kind(self._failure(error)) from None
        except OSError as error:
            raise SeapoError(self._failure(error)) from None

    def __exit__(self, kind: object, *_: object) -> None:
        whole = False
        try:
            if self._packer and (kind is None or self.always):
                self._write(self._packer.flush())
            whole = kind is None or self.always
        finally:
            try:
                self._target.close(whole)
            except OSError as error:
                raise SeapoError(self._failure(error)) from None

    def _failure(self, error: OSError) -> str:
        return f"{self._label}: cannot write: {error.strerror}"


def encode_all(rows: Iterable[Any]) -> bytes:
    """Several JSON lines at once."""
    return b"".join(map(encode, rows))
