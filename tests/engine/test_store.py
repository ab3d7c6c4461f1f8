"""The store of answers."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seapo_cli.engine.store import Store
from seapo_cli.exceptions import StoreError


def test_keep_and_forget(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.sqlite"

    async def keep() -> None:
        with Store(path) as store:
            await store.put(b"1", "one")
            await store.put(b"2", "x" * 100_000)

    asyncio.run(keep())
    with Store(path) as store:
        assert asyncio.run(store.get(b"1")) == "one"
        assert (asyncio.run(store.get(b"3")), store.count()) == (None, 2)
        full = store.size()
        store.clear()
        assert (asyncio.run(store.get(b"1")), store.count()) == (None, 0)
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


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.sqlite"
    with Store(path) as store:
        asyncio.run(store.put(b"1", "private"))
        found = [*path.parent.iterdir(), path.parent]
        assert len(found) == 5
        assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in found)


@pytest.mark.parametrize("application", [0, 0x5EA90])
def test_a_store_that_was_begun_and_not_finished_is_finished(
    tmp_path: Path, application: int
) -> None:
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as begun:
        begun.execute(f"PRAGMA application_id = {application}")
    with Store(path) as store:
        assert store.count() == 0


_OPEN = """
import sys, time
from pathlib import Path
from seapo_cli.engine.store import Store
while time.time() < float(sys.argv[1]):
    pass
for number in range(25):
    with Store(Path(sys.argv[2]) / f"{number}.sqlite") as store:
        store.count()
"""


def test_many_may_open_a_new_one_at_once(tmp_path: Path) -> None:
    begin = time.time() + 1.5
    command = [sys.executable, "-c", _OPEN, str(begin), str(tmp_path)]
    opening = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(6)]
    told = [process.communicate(timeout=100)[1].decode() for process in opening]
    assert [process.returncode for process in opening] == [0] * 6, told


def test_a_lock_does_not_hold_up_the_event_loop(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async def work() -> list[float]:
            putting = asyncio.ensure_future(store.put(b"1", "one"))
            stalls, before = [], time.monotonic()
            for _ in range(20):
                await asyncio.sleep(0.01)
                stalls.append(time.monotonic() - before)
                before = time.monotonic()
            assert not putting.done()
            assert await store.get(b"1") is None  # reading need not wait
            other.execute("COMMIT")
            await putting
            assert await store.get(b"1") == "one"
            return stalls

        stalls = asyncio.run(work())
        assert sorted(stalls)[len(stalls) // 2] < 0.5
        other.close()


def test_a_claim_is_one_run_s_alone_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path) as one:
        with Store(path) as other:
            assert one.claims.take(b"a" * 16)
            assert not other.claims.take(b"a" * 16)
            assert other.claims.take(b"b" * 16)
            one.claims.free(b"a" * 16)
            assert other.claims.take(b"a" * 16)
            assert not one.claims.take(b"b" * 16)
        assert one.claims.take(b"a" * 16)
        assert one.claims.take(b"b" * 16)
    one.claims.free(b"a" * 16)  # a request that is cancelled after all is closed
