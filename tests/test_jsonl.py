"""Reading JSON Lines: exact ends, whatever the chunks are."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seapo_cli import jsonl
from seapo_cli.jsonl import read_lines

LINES = st.lists(st.sampled_from([b'{"a":1}', b"", b" ", b"bad", b'"' + b"x" * 40 + b'"']))


@given(LINES, st.integers(1, 20), st.booleans())
def test_every_line_can_be_read_again_from_its_end(
    lines: list[bytes], chunk: int, closed: bool
) -> None:
    data = b"\n".join(lines) + (b"\n" if closed else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "_CHUNK_BYTES", chunk)
        patch.setattr(jsonl, "MAX_LINE_BYTES", 30)
        found = [line for batch in read_lines(io.BytesIO(data)) for line in batch]
        start = 0
        for line in found:
            (again,) = [
                one for batch in read_lines(io.BytesIO(data[start : line.end])) for one in batch
            ]
            assert (again.data, again.error) == (line.data, line.error)
            start = line.end
    assert [line.number for line in found] == [n for n, raw in enumerate(lines, 1) if raw.strip()]
