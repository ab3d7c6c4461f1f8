"""Rows by prompt, in bounded memory: an index on disk of where each prompt's rows are.

The rows stay in the input file (a pipe is copied to a file first). One pass notes each run of
adjacent rows with the same prompt. Where no prompt comes twice, the runs are the groups, read
in the order of the file; else SQLite brings those of a prompt together.
"""

from __future__ import annotations

import io
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Self, cast

from seapo_cli.engine.stage import Failure, Outcome, Result
from seapo_cli.exceptions import RowError, SeapoError
from seapo_cli.io.folders import scratch_folder, shown
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Line, first_lines, input_size, read_lines
from seapo_cli.io.whole_files import descriptor_of
from seapo_cli.options import PairSettings
from seapo_cli.pairing.candidates import (
    PROVENANCE,
    Candidate,
    Group,
    prompt_hash,
    read_candidate,
)
from seapo_cli.rows import Keys, read_row

_CACHE_KIB = 16 << 10
_BATCH = 10_000

_IN_ORDER = "SELECT prompt, start, end, line FROM runs ORDER BY rowid"
_TOGETHER = """
    SELECT prompt, start, end, line
    FROM runs JOIN (SELECT prompt, min(start) AS first FROM runs GROUP BY prompt) USING (prompt)
    ORDER BY first, start
"""

_Run = tuple[bytes, int, int, int]


@dataclass(frozen=True, slots=True)
class ReadLines:
    """Some lines that were read together."""

    lines: int
    end: int
    """Bytes of input up to their end."""
    failures: Sequence[Result]


class Scratch:
    """What a run keeps on disk: files without names and a database; gone with the process."""

    def __init__(self, beside: str) -> None:
        """`beside` is the output file; for stdout and devices the temporary folder is used."""
        parent = Path(os.path.realpath(beside)).parent
        is_file = descriptor_of(beside) is None and parent != Path("/dev")
        self._parent = str(parent) if is_file else tempfile.gettempdir()
        self._files: list[io.BufferedRandom] = []

    def __enter__(self) -> Self:
        # Open, the database needs no name any more.
        try:
            with scratch_folder(Path(self._parent), ".seapo-pair-") as folder:
                self.database = sqlite3.connect(folder / "index.sqlite", isolation_level=None)
                # Nothing here outlives the run: no journal, no waiting for the disk.
                self.database.executescript(
                    f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                    f"PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -{_CACHE_KIB};"
                    f"PRAGMA user_version = 1; BEGIN;"
                )
        except OSError as error:
            raise self._failed(error.strerror) from None
        except sqlite3.Error as error:
            raise self._failed(error) from None
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        self.database.close()
        for file in self._files:
            file.close()
        if isinstance(error, sqlite3.Error):
            raise SeapoError(f"{shown(self._parent)}: index of prompts: {error}") from None

    def file(self) -> io.BufferedRandom:
        """A new file to write and read, open until the block ends.

        Raises:
            SeapoError: it cannot be made.
        """
        try:
            file = tempfile.TemporaryFile(dir=self._parent)  # noqa: SIM115, closed at the end
        except OSError as error:
            raise self._failed(error.strerror) from None
        self._files.append(file)
        return file

    def _failed(self, reason: object) -> SeapoError:
        return SeapoError(f"{shown(self._parent)}: cannot keep rows there for a while: {reason}")


class Index:
    """Where each prompt's rows are."""

    def __init__(
        self, source: BinaryIO, scratch: Scratch, settings: PairSettings, keys: Keys
    ) -> None:
        self._database = scratch.database
        self._settings = settings
        self._keys = keys
        if input_size(source) is None:
            self._rows: BinaryIO = scratch.file()
            self._stream: BinaryIO = cast("BinaryIO", _Copying(source, self._rows))
            self._begin = 0
        else:
            self._rows = self._stream = source
            self._begin = source.tell()  # a shell may have read the first lines
        self._database.execute(
            "CREATE TABLE runs (prompt BLOB, start INTEGER, end INTEGER, line INTEGER)"
        )

    def read_all(self, limit: int | None = None) -> Iterator[ReadLines]:
        """Read all rows once, or the first ones; yields what was read."""
        runs: list[_Run] = []
        end = self._begin
        for lines in first_lines(read_lines(self._stream), limit):
            failures = []
            for line in lines:
                start, end = end, self._begin + line.end
                try:
                    row = self._read(line).row
                    if self._settings.provenance:
                        encode({key: row.data.get(key) for key in PROVENANCE})
                    prompt = prompt_hash(row)
                except RowError as error:
                    failures.append(Result(line, Outcome(failures=[Failure(str(error))])))
                    continue
                if runs and runs[-1][0] == prompt and runs[-1][2] == start:
                    runs[-1] = (prompt, runs[-1][1], end, runs[-1][3])
                else:
                    runs.append((prompt, start, end, line.number))
            yield ReadLines(len(lines), lines[-1].end, failures)
            if len(runs) > _BATCH:
                self._insert(runs[:-1])
                del runs[:-1]
        self._insert(runs)
        self._arrange()

    def _read(self, line: Line) -> Candidate:
        row = read_row(line.value, self._keys, line.number)
        return read_candidate(row, self._settings, self._keys)

    def _insert(self, runs: list[_Run]) -> None:
        self._database.executemany("INSERT INTO runs VALUES (?, ?, ?, ?)", runs)

    def _arrange(self) -> None:
        """Find out whether the rows of each prompt stand together."""
        self._database.execute("CREATE INDEX by_prompt ON runs (prompt)")
        try:
            self._rows.flush()
        except OSError as error:
            raise SeapoError(f"cannot keep a copy of the input: {error.strerror}") from None
        # Not count(DISTINCT ...), which keeps all prompts in memory.
        groups = "SELECT count(*) FROM (SELECT 1 FROM runs GROUP BY prompt)"
        ((self.prompts,),) = self._database.execute(groups)
        ((runs,),) = self._database.execute("SELECT count(*) FROM runs")
        self._query = _IN_ORDER if runs == self.prompts else _TOGETHER

    def groups(self) -> Iterator[Group]:
        """All groups, in the order in which their prompts come first.

        Raises:
            SeapoError: the input is no longer what it was.
        """
        runs: Iterator[_Run] = self._database.execute(self._query)
        by_prompt = groupby(runs, key=lambda run: run[0])
        for number, (prompt, found) in enumerate(by_prompt):
            places = list(found)
            try:
                candidates = tuple(one for place in places for one in self._candidates(place))
            except RowError:
                raise SeapoError("the input changed while it was read") from None
            size = sum(end - start for _, start, end, _ in places)
            yield Group(number, places[0][3], size, prompt, candidates)

    def _candidates(self, run: _Run) -> Iterator[Candidate]:
        _, start, end, first = run
        data = os.pread(self._rows.fileno(), end - start, start)
        if len(data) < end - start:
            raise RowError("the end of the file is gone")
        for lines in read_lines(io.BytesIO(data)):
            for line in lines:
                yield self._read(Line(first, line.data, line.error))


class _Copying:
    """Reads a stream and keeps in a file what was read."""

    def __init__(self, stream: BinaryIO, file: BinaryIO) -> None:
        self._stream = stream
        self._file = file

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes.

        Raises:
            SeapoError: the disk is full.
        """
        data = self._stream.read(size)
        try:
            self._file.write(data)
        except OSError as error:
            raise SeapoError(f"cannot keep a copy of the input: {error.strerror}") from None
        return data
