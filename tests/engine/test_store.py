"""The store of answers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from seapo_cli.engine.store import Store
from seapo_cli.errors import StoreError


def test_keep_and_forget(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.sqlite"
    with Store(path) as store:
        store.put(b"1", "one")
        store.put(b"2", "x" * 100_000)
    with Store(path) as store:
        assert (store.get(b"1"), store.get(b"3"), store.count()) == ("one", None, 2)
        full = store.size()
        store.clear()
        assert (store.get(b"1"), store.count()) == (None, 0)
        assert store.size() < full


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_text("not a database, but long enough to be read as one\n" * 40)
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE mine (x)")
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=str(path)):
            Store(path)
        assert path.read_bytes() == before
