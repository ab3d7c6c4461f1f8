"""CSV, Parquet and Arrow as lines of JSON.

Whatever a file claims to unpack to, what is held of it at once is bounded.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import orjson

from seapo_cli.extras import need

_ROWS = 256
"""Rows of a columnar file that are decoded together."""
_BUFFER_BYTES = 1 << 20
"""Of a column of a Parquet file."""
_MOST_PACKED = 1000
"""Columns that claim to unpack to more times their size, and to many bytes, are not unpacked."""
_MANY_BYTES = 64 << 20
_WELL_PACKED = 50
_LARGE_DICTIONARY = 1 << 18
_ARROW_FILE = b"ARROW1\0\0"
_PACKED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
"""Marks of zstd and LZ4; in a packed buffer of Arrow its length when unpacked stands before."""
_MOST_FIELD = 32 << 20


def csv_lines(file: BinaryIO, delimiter: str = ",") -> Iterator[bytes]:
    """Rows by the names in the first line; all values are strings, empty ones are left out.

    A line with too many values, or that is not UTF-8, is passed on as a line that is not a row.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(_MOST_FIELD)
    try:
        for row in csv.DictReader(text, delimiter=delimiter):
            try:
                found = list(row.values()) if None in row else {k: v for k, v in row.items() if v}
                yield orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)
            except orjson.JSONEncodeError:
                yield b"\xff\n"
    finally:
        text.detach()


def parquet_lines(file: BinaryIO) -> Iterator[bytes]:
    need(".parquet", "files", "pyarrow")
    from pyarrow import parquet

    # Without reading ahead, and with a buffer: a row group may be gigabytes.
    options = {"buffer_size": _BUFFER_BYTES, "pre_buffer": False}
    found = parquet.ParquetFile(file, **options)
    _refuse_bombs(found.metadata)
    names = sorted(_repeating(found.metadata))
    table = parquet.ParquetFile(file, read_dictionary=names, **options) if names else found
    # The others too may repeat a text of their dictionary in each row.
    rows = _MANY_BYTES // max(1, _largest_dictionary(found.metadata))
    for batch in table.iter_batches(max(1, min(_ROWS, rows)), use_threads=False):
        yield from _lines(batch)


def _repeating(metadata: Any) -> set[str]:
    """Columns that may repeat a few large texts again and again: kept as they are in the file.

    Not those that are mostly not a dictionary, as all large columns of different texts are: such a
    column would be held whole.
    """
    found = set()
    for column in _columns(metadata):
        size, packed_size = _dictionary_size(column), column.total_compressed_size
        packed = column.total_uncompressed_size > _WELL_PACKED * packed_size
        if size and (packed or (size > _LARGE_DICTIONARY and 2 * size > packed_size)):
            found.add(column.path_in_schema)
    return found


def _columns(metadata: Any) -> Iterator[Any]:
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            yield metadata.row_group(group).column(number)


def _dictionary_size(column: Any) -> int:
    """Bytes of a column's dictionary in the file."""
    if not column.has_dictionary_page:
        return 0
    return int((column.data_page_offset or 0) - (column.dictionary_page_offset or 0))


def _largest_dictionary(metadata: Any) -> int:
    return max(map(_dictionary_size, _columns(metadata)), default=0)


def _refuse_bombs(metadata: Any) -> None:
    """Check the sizes that a Parquet file claims: a page of a column is unpacked in one piece."""
    for column in _columns(metadata):
        claimed = max(column.total_uncompressed_size, column.num_values)
        if claimed > max(_MANY_BYTES, _MOST_PACKED * column.total_compressed_size):
            raise ValueError(
                f"column {column.path_in_schema!r} would unpack to over {_MOST_PACKED:,} times "
                "its size"
            )


def arrow_lines(file: BinaryIO) -> Iterator[bytes]:
    """A file of a data set that `datasets` saved: a stream, or the format with a footer."""
    need(".arrow", "files", "pyarrow")
    import pyarrow

    _refuse_packed(pyarrow, file)
    try:
        batches: Any = pyarrow.ipc.open_stream(file)
    except pyarrow.ArrowInvalid:
        file.seek(0)
        reader = pyarrow.ipc.open_file(file)
        batches = map(reader.get_batch, range(reader.num_record_batches))
    for batch in batches:
        # pyarrow maps it as it is, and would follow a damaged length out of its memory.
        batch.validate()
        yield from _lines(batch, checked=False)


def _refuse_packed(pyarrow: Any, file: BinaryIO) -> None:
    """Check what each batch claims to unpack to, as its columns are unpacked in one piece."""
    if file.read(len(_ARROW_FILE)) != _ARROW_FILE:
        file.seek(0)
    with suppress(
        pyarrow.ArrowInvalid, EOFError, StopIteration, OSError
    ):  # reading it reports that
        messages = pyarrow.ipc.MessageReader.open_stream(file)
        while True:
            body = bytes(messages.read_next_message().body or b"")
            claimed = sum(_claimed(body, mark) for mark in _PACKED)
            if claimed > max(_MANY_BYTES, _MOST_PACKED * len(body)):
                raise ValueError(f"a batch would unpack to over {_MOST_PACKED:,} times its size")
    file.seek(0)


def _claimed(body: bytes, mark: bytes) -> int:
    """What stands before the marks, as numbers, added up."""
    total, place = 0, body.find(mark, 8)
    while place >= 0:
        total += int.from_bytes(body[place - 8 : place], "little")
        place = body.find(mark, place + len(mark))
    return total


def _lines(batch: Any, checked: bool = True) -> Iterator[bytes]:
    """JSON lines, of few rows at a time where rows are large.

    Unless it is `checked`, a batch has whatever offsets and lengths the file claims: these are
    validated first.
    """
    most = _rows_at_once(batch)
    for start in range(0, batch.num_rows, most):
        few = batch.slice(start, most)
        try:
            if not checked:
                few.validate(full=True)
            rows = few.to_pylist()
        except ValueError:
            if most > 1:
                for number in range(few.num_rows):
                    yield from _lines(few.slice(number, 1), checked)
            else:
                yield b"\xff\n"  # damaged, or not UTF-8: costs only itself, as in JSONL
            continue
        options = orjson.OPT_APPEND_NEWLINE
        yield b"".join(orjson.dumps(row, default=_as_text, option=options) for row in rows)


def _rows_at_once(batch: Any) -> int:
    """As many as cannot be large together, as a row may repeat any value of a dictionary."""
    if batch.num_rows <= 1:
        return 1
    size = sum(
        column.nbytes / batch.num_rows
        + (_largest(column.dictionary) if hasattr(column, "dictionary") else 0)
        for column in batch.columns
    )
    return int(max(1, min(_ROWS, _BUFFER_BYTES // max(size, 1))))


def _largest(values: Any) -> int:
    from pyarrow import compute

    try:
        return int(compute.max(compute.binary_length(values)).as_py() or 0)
    except (AttributeError, NotImplementedError, ValueError):  # not texts
        return int(values.nbytes)


def _as_text(value: object) -> str:
    """What JSON has no type for; bytes are text where they can be, else base64."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()
