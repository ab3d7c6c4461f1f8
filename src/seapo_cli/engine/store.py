"""The request store: every answer that arrived, in one SQLite file.

A row is written as soon as its answer is there, so `kill -9`, a crash or Ctrl-C lose only
what was still on its way. In WAL mode a commit survives the death of the process without
waiting for the disk; after a power cut the newest answers may be missing, never damaged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from seapo_cli.errors import StoreError

_APPLICATION = 0x5EA90
_VERSION = 1
_BUSY_SECONDS = 60


class Store:
    """Answers by the hash of their request; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened, or is something else than a store.
        """
        self.path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._check_kind()
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT)"
            )

    def _check_kind(self) -> None:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application == 0 and tables == 0:
            self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        elif (application, version) != (_APPLICATION, _VERSION):
            raise StoreError(f"store {self.path}: not a request store of this seapo version")

    def get(self, key: bytes) -> str | None:
        """The answer stored under a key."""
        with self._explained():
            found = self._db.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def put(self, key: bytes, answer: str) -> None:
        """Keep an answer; it is safe from the death of this process when this returns.

        Raises:
            StoreError: the disk is full, or another I/O error.
        """
        with self._explained():
            self._db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, answer))

    def count(self) -> int:
        """How many answers it holds."""
        with self._explained():
            (count,) = self._db.execute("SELECT count(*) FROM answers").fetchone()
        return int(count)

    def size(self) -> int:
        """Bytes on disk."""
        files = (Path(f"{self.path}{end}") for end in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())

    def clear(self) -> None:
        """Forget all answers and give their space back."""
        with self._explained():
            self._db.execute("DELETE FROM answers")
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
