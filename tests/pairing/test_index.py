"""Rows by prompt on disk: no group is ever split, whatever stands between its rows."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing.made import typed
from running import jsonl
from seapo_cli.exceptions import SeapoError
from seapo_cli.options import PairSettings
from seapo_cli.pairing import index
from seapo_cli.pairing.candidates import Group
from seapo_cli.pairing.index import Index, Scratch
from seapo_cli.rows import Keys


def groups(source: BinaryIO, found: list[Group]) -> int:
    """Read all; returns the number of bad lines."""
    with Scratch("-") as scratch:
        rows = Index(source, scratch, PairSettings(), Keys())
        bad = sum(len(read.failures) for read in rows.read_all())
        found += rows.groups()
        assert len(found) == rows.prompts
    return bad


@settings(deadline=None)
@given(order=st.permutations(range(12)), bad=st.sets(st.integers(0, 12)), batch=st.integers(1, 4))
def test_groups_are_whole(
    order: list[int], bad: set[int], batch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [row for prompt in range(4) for row in typed(prompt)]
    lines = [jsonl([rows[number]]) for number in order]
    for place in sorted(bad, reverse=True):
        lines.insert(place, b"bad\n")
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    path.write_bytes(b"".join(lines))
    found: list[Group] = []
    with pytest.MonkeyPatch.context() as patch, path.open("rb", buffering=0) as source:
        patch.setattr(index, "_BATCH", batch)
        assert groups(source, found) == len(bad)
    given_order = [rows[number]["id"] for number in order]
    assert [g.candidates[0].row.id for g in found] == list(dict.fromkeys(given_order))
    assert [g.number for g in found] == [0, 1, 2, 3]
    for group in found:
        negatives = [candidate.negative for candidate in group.candidates]
        own = [rows[n] for n in order if rows[n]["id"] == group.candidates[0].row.id]
        assert negatives == [row["negative"] for row in own]
        assert b"".join(lines).splitlines()[group.line - 1] == jsonl(own[:1]).strip()


def test_input_that_shrinks_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(jsonl(typed(1) + typed(2)))
    with path.open("r+b", buffering=0) as source, Scratch("-") as scratch:
        rows = Index(source, scratch, PairSettings(), Keys())
        list(rows.read_all())
        source.truncate(len(jsonl(typed(1))) + 20)
        with pytest.raises(SeapoError, match="changed"):
            list(rows.groups())


def test_the_scratch_has_no_name_that_a_kill_could_leave(tmp_path: Path) -> None:
    with Scratch(str(tmp_path / "out.jsonl")) as scratch:
        file = scratch.file()
        file.write(b"x" * 100_000)
        scratch.database.execute("CREATE TABLE t (x)")
        scratch.database.executemany("INSERT INTO t VALUES (?)", [("y" * 1000,)] * 30_000)
        assert not list(tmp_path.iterdir())
        file.flush()
        assert os.pread(file.fileno(), 1, 99_999) == b"x"
        assert scratch.database.execute("SELECT count(*) FROM t").fetchone() == (30_000,)


def test_a_full_disk_is_one_line() -> None:
    full = cast("BinaryIO", io.BytesIO(jsonl(typed(1))))
    with Path("/dev/full").open("wb", buffering=0) as disk, pytest.raises(SeapoError, match="copy"):
        index._Copying(full, disk).read(100)
