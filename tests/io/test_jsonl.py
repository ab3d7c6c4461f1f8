"""JSON Lines: any split into chunks gives the same lines; output files are whole or not there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.io import jsonl
from seapo_cli.io.jsonl import Output, encode, open_input, read_lines


class Pieces(io.RawIOBase):
    """A stream that gives its data in pieces of a fixed size, as pipes do."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = io.BytesIO(data), size

    def read(self, _size: int = -1) -> bytes:
        return self._data.read(self._size)


line = st.one_of(
    st.dictionaries(st.text(), st.text(), max_size=2).map(lambda d: json.dumps(d).encode()),
    st.sampled_from([b"", b"  ", b"nonsense", b'{"a": "\xff"}', b"[1]"]),
)


@given(st.lists(line, max_size=8), st.integers(1, 40), st.sampled_from([b"\n", b"\r\n"]))
def test_chunks_do_not_matter(lines: list[bytes], size: int, end: bytes) -> None:
    data = end.join(lines)
    found = [x for xs in read_lines(Pieces(data, size)) for x in xs]  # type: ignore[arg-type]
    whole = [x for xs in read_lines(io.BytesIO(data)) for x in xs]
    assert [(x.number, x.data, x.error) for x in found] == [
        (x.number, x.data, x.error) for x in whole
    ]
    assert [x.number for x in found] == [n for n, text in enumerate(lines, 1) if text.strip()]


def test_reasons() -> None:
    data = b'{"a": "\xff"}\n{"a": \n{}\n'
    (lines,) = read_lines(io.BytesIO(data))
    assert lines[0].error == "not valid UTF-8 at byte 7 of the line"
    assert str(lines[1].error).startswith("not valid JSON: ")
    assert (lines[2].number, lines[2].data, lines[2].error) == (3, {}, None)


def test_a_line_over_the_limit_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 100)
    data = b'{"a": 1}\n"' + b"x" * 300 + b'"\n{"b": 2}\n"' + b"y" * 300 + b'"'
    found = [x for xs in read_lines(Pieces(data, 64)) for x in xs]  # type: ignore[arg-type]
    assert [x.number for x in found] == [1, 2, 3, 4]
    assert [bool(x.error) for x in found] == [False, True, False, True]


def test_output_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with Output(str(target)) as output:
        output.write(encode({"a": 1}))
        assert not target.exists()
    assert target.read_bytes() == b'{"a":1}\n'
    with pytest.raises(RuntimeError), Output(str(target)) as output:  # noqa: PT012
        output.write(b"half")
        raise RuntimeError
    assert target.read_bytes() == b'{"a":1}\n'


def test_output_keeps_links_to_files(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with Output(str(link)) as output:
        output.write(b"x")
    assert link.is_symlink()
    assert target.read_bytes() == b"x"


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"), open_input(str(tmp_path / "nowhere")):
        pass
    with pytest.raises(UsageError, match="missing"), Output(str(tmp_path / "missing" / "out")):
        pass
    with pytest.raises(SeapoError, match="/dev/full"), Output("/dev/full") as output:
        output.write(b"x")


BRIEF = st.lists(st.sampled_from([b'{"a":1}', b"", b" ", b"bad", b'"' + b"x" * 40 + b'"']))


@settings(deadline=None)
@given(BRIEF, st.integers(1, 20), st.booleans())
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
