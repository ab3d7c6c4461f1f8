"""The request store: every answer that arrived, in one SQLite file.

An answer is written as soon as it arrives, so `kill -9`, a crash or Ctrl-C lose only
what was still in flight. In WAL mode a commit survives the death of the process without
waiting for the disk; after a power cut the newest answers may be missing, never damaged.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from seapo_cli.engine.claims import Claims
from seapo_cli.exceptions import StoreError
from seapo_cli.io.threads import DaemonThread

_APPLICATION = 0x5EA90
_VERSION = 1
_READY = (_APPLICATION, _VERSION, True)
_BUSY_SECONDS = 60
_MOMENT = 0.01
_SET_UP = (
    "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)


class Store:
    """Answers by the hash of their request; several processes may share the file.

    `get` and `put` are for an event loop and never block it: if another process has the
    file locked, a thread waits.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or create it, readable by this user only.

        Raises:
            StoreError: it cannot be opened, or is not a store.
        """
        self.path = path
        self._waiter = DaemonThread()
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not left to SQLite, which lets everybody read it: prompts and answers are private.
            # Only if it is missing: closing an open database's file drops SQLite's locks.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._patient = self._connect(_BUSY_SECONDS)
            self._quick = self._connect(0)
            self._set_up()
            self.claims = Claims(path)

    def _connect(self, seconds: float) -> sqlite3.Connection:
        found = sqlite3.connect(
            self.path, timeout=seconds, isolation_level=None, check_same_thread=False
        )
        found.text_factory = lambda data: data.decode(errors="replace")
        return found

    def _set_up(self) -> None:
        """Create missing tables, completely, even if another process does so at the same time."""
        if self._state() != _READY:
            self._patient.execute("BEGIN IMMEDIATE")
            try:
                self._create()
            finally:
                self._patient.execute("COMMIT")
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._patient.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:  # here SQLite does not wait on its own
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_MOMENT)
        for connection in (self._patient, self._quick):
            connection.execute("PRAGMA synchronous = NORMAL")

    def _state(self) -> tuple[int, int, bool]:
        """Whose file it is, its version, and whether there is anything in it."""
        (application,) = self._patient.execute("PRAGMA application_id").fetchone()
        (version,) = self._patient.execute("PRAGMA user_version").fetchone()
        (tables,) = self._patient.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return application, version, tables > 0

    def _create(self) -> None:
        """Create the table, unless another process has done so by now.

        Raises:
            StoreError: the file is not a store.
        """
        application, version, used = state = self._state()
        if state == _READY:
            return
        # Version 0.1 could be killed between writing the two numbers.
        if used or application not in (0, _APPLICATION) or version not in (0, _VERSION):
            raise StoreError(f"store {self.path}: not a request store of this seapo version")
        for statement in _SET_UP:
            self._patient.execute(statement)

    async def get(self, key: bytes) -> str | None:
        """The answer stored under a key."""
        found = await self._execute("SELECT answer FROM answers WHERE key = ?", (key,))
        return found[0] if found else None

    async def put(self, key: bytes, answer: str) -> None:
        """Keep an answer; it is safe from the death of this process when this returns.

        Raises:
            StoreError: the disk is full, or another I/O error.
        """
        await self._execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, answer))

    async def _execute(self, statement: str, values: tuple[object, ...]) -> Any:
        with self._explained():
            try:
                return self._quick.execute(statement, values).fetchone()
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
            return await self._waiter.call(
                lambda: self._patient.execute(statement, values).fetchone()
            )

    def count(self) -> int:
        """How many answers it holds."""
        with self._explained():
            (count,) = self._patient.execute("SELECT count(*) FROM answers").fetchone()
        return int(count)

    def size(self) -> int:
        """Bytes on disk."""
        files = (Path(f"{self.path}{end}") for end in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())

    def clear(self) -> None:
        """Delete all answers and free their space."""
        with self._explained():
            self._patient.execute("DELETE FROM answers")
            self._patient.execute("VACUUM")
            self._patient.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"store {self.path}: {error} (another with --store FILE, none with --no-store)"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiter.close()
        self.claims.close()
        self._quick.close()
        self._patient.close()


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
