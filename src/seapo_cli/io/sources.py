"""Input that is not plain JSONL, as a stream of JSONL: packed, columnar, arrays, remote, folders.

A new format is one function and one line in `_READERS`. Whatever a file claims to unpack to, what
is held of it at once is bounded.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.extras import install
from seapo_cli.io.json_text import decode, encode
from seapo_cli.io.whole_files import shown

_CHUNK_BYTES = 1 << 16
_ROWS = 256
"""Rows of a columnar file that are decoded together."""
_BUFFER_BYTES = 1 << 20
"""Of a column of a Parquet file."""
_ZSTD_BYTES = 1 << 6
"""Little at once: four bytes may unpack to 128 KiB, and all that is given does so in one piece."""
_ZSTD_BUFFER_BYTES = 1 << 14
_MOST_PACKED = 1000
"""Columns that claim to unpack to more times their size, and to many bytes, are not unpacked."""
_MANY_BYTES = 64 << 20
_WELL_PACKED = 50
_LARGE_DICTIONARY = 1 << 18
_ARROW_FILE = b"ARROW1\0\0"
_PACKED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
"""Marks of zstd and LZ4; in a packed buffer of Arrow its length when unpacked stands before."""
MOST_ARRAY_BYTES = 64 << 20
"""A JSON array is read whole: larger ones are refused."""
_MOST_FIELD = 32 << 20
_PLAIN = (".jsonl", ".json", ".ndjson")
_OF_OTHERS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What `datasets` writes beside rows."""


class DamagedInput(SeapoError):
    """A file is broken from some place on; what stands before it is good."""


class _Stream(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`: gathering more would lose them to a damage behind."""
        if not self._rest:
            self._rest = memoryview(next(filter(None, self._chunks), b""))
        end = len(self._rest) if size < 0 else size
        found, self._rest = bytes(self._rest[:end]), self._rest[end:]
        return found


def is_plain(name: str) -> bool:
    """Whether `open()` alone gives JSONL: also for stdin, pipes and names without a suffix."""
    return not is_remote(name) and _reader(name) is None and not Path(name).is_dir()


def is_remote(name: str) -> bool:
    """Whether a name is a URL."""
    return "://" in name


def _is_web(name: str) -> bool:
    return name.lower().startswith(("http://", "https://"))


@contextmanager
def open_rows(name: str) -> Iterator[BinaryIO]:
    """Input that is not plain, as JSONL; a folder's files come one after the other.

    Rows are numbered through, from 1. Reading raises `DamagedInput` where a file is broken.

    Raises:
        UsageError: it is not there, or a package is missing that reads it.
    """
    with ExitStack() as stack:
        chunks = (chunk for file in files_of(name) for chunk in _chunks(file, stack))
        yield cast("BinaryIO", _Stream(chunks))


def files_of(name: str) -> Sequence[str]:
    """The data files behind a name: itself, or those of a folder, in order.

    Raises:
        UsageError: it is a folder without any, or cannot be listed.
    """
    # A web page is not a folder: its links lead anywhere, and may never end.
    is_file = _is_web(name) or _reader(name) or name.endswith(_PLAIN)
    if not (Path(name).is_dir() or (is_remote(name) and not is_file)):
        return [name]
    system, path = file_system(name)
    try:
        found = [one for one in system.find(path) if is_data(one, path)]
    except Exception as error:  # each file system has its own
        raise UsageError(f"{shown(name)}: {_reason(error)}") from None
    if not found:
        raise UsageError(
            f"{shown(name)}: no such file, or a folder without JSON, CSV, Parquet or Arrow files"
        )
    return [full_path(system, one) for one in sorted(found)]


def remote_path(name: str) -> str:
    """A URL in the one form that all spellings of it have; for local ones the real path."""
    system, path = file_system(name)
    found = full_path(system, path)
    return found if is_remote(found) else os.path.realpath(found)


def full_path(system: Any, path: str) -> str:
    """A path on a file system as a name: local ones as people write them, others as URLs."""
    protocol = system.protocol
    local = "file" in ([protocol] if isinstance(protocol, str) else protocol)
    return path if local else str(system.unstrip_protocol(path))


def is_data(path: str, folder: str) -> bool:
    """Whether a folder's file holds rows; what begins with a dot or `_` is somebody's own."""
    hidden = any(part[0] in "._" for part in path.removeprefix(folder).split("/") if part)
    # `datasets` keeps what `map()` made beside the rows that it saved: not these rows again.
    file = path.rpartition("/")[2]
    others = file in _OF_OTHERS or (file.startswith("cache-") and file.endswith(".arrow"))
    return not hidden and not others and file.endswith(ENDINGS)


def _chunks(name: str, stack: ExitStack) -> Iterator[bytes]:
    """One file's bytes as JSONL, ending with a newline."""
    file = stack.enter_context(_opened(name))
    last = b"\n"
    try:
        for chunk in (_reader(name) or partial(_json, name=shown(name)))(file):
            yield chunk
            last = chunk[-1:] or last
        if _reader(name) and not file.tell():
            raise EOFError("it is empty")  # a download that failed, say; gzip takes it for no rows
    except Exception as error:  # each format's library has errors of its own
        if isinstance(error, SeapoError):
            raise
        raise DamagedInput(f"{shown(name)} is damaged from here on: {_reason(error)}") from None
    if last != b"\n":
        yield b"\n"


def _opened(name: str) -> Any:
    system, path = file_system(name)
    try:
        return system.open(path, "rb")
    except Exception as error:  # each file system has its own
        raise UsageError(f"{shown(name)}: {_reason(error)}") from None


def file_system(name: str) -> tuple[Any, str]:
    """The file system of a name (fsspec's), and the path on it.

    Raises:
        UsageError: its scheme is unknown, a package is missing, or nobody answers there.
    """
    from fsspec.core import url_to_fs

    try:
        found: tuple[Any, str] = url_to_fs(name)
    except Exception as error:  # each file system has its own
        raise UsageError(f"{shown(name)}: {_reason(error)}") from None
    return found


def _need(package: str, name: str) -> Any:
    """An optional package that files like `name` need.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(package)
    except ImportError:
        raise UsageError(f"{name}: needs {package}: {install('files')}") from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).split("\n")[0] or type(error).__name__


def _plain(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, _CHUNK_BYTES), b"")


def _json(file: BinaryIO, name: str) -> Iterator[bytes]:
    """JSONL, or the objects of a JSON array."""
    begin = file.read(_CHUNK_BYTES)
    if _begins_array(begin):
        text = begin + file.read(MOST_ARRAY_BYTES + 1 - len(begin))
        yield from _array(text, name)
    else:
        yield begin
        yield from _plain(file)


def array_rows(file: io.FileIO, name: str) -> BinaryIO | None:
    """A plain file that is one JSON array, as JSONL; None for JSONL, of which nothing is read.

    Raises:
        UsageError: the array is too large to be read whole.
    """
    try:
        start = file.tell()
        begin = os.pread(file.fileno(), _CHUNK_BYTES, start)
    except OSError:  # a pipe
        return None
    if not _begins_array(begin):
        return None
    text = os.pread(file.fileno(), MOST_ARRAY_BYTES + 1, start)
    return cast("BinaryIO", _Stream(_array(text, name)))


def _begins_array(text: bytes) -> bool:
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    first, _, more = text.partition(b"\n")
    return text.startswith(b"[") and not (more.strip() and _is_json(first))


def _is_json(line: bytes) -> bool:
    try:
        decode(line)
    except ValueError:
        return False
    return True


def _array(text: bytes, name: str) -> Iterator[bytes]:
    """The elements of an array as lines; what is not one is left as it is."""
    if len(text) > MOST_ARRAY_BYTES:
        raise UsageError(
            f"{name}: a JSON array of over {MOST_ARRAY_BYTES >> 20} MiB: "
            "`jq -c '.[]'` makes JSONL of it"
        )
    try:
        rows = decode(text.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return iter([text])
    return map(encode, rows)


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    # One read at a time: what stands before the damage of a broken file still comes.
    return iter(partial(gzip.GzipFile(fileobj=file).read1, _CHUNK_BYTES), b"")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Frame by frame: the library's own reader takes a file that was cut for its end."""
    unpacker, frame = _need("zstandard", ".zst").ZstdDecompressor(), None
    for chunk in _plain(file):
        for start in range(0, len(chunk), _ZSTD_BYTES):
            rest = chunk[start : start + _ZSTD_BYTES]
            while rest:
                frame = frame or unpacker.decompressobj(write_size=_ZSTD_BUFFER_BYTES)
                yield frame.decompress(rest)
                rest = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends before its end mark")


def _csv(file: BinaryIO, delimiter: str = ",") -> Iterator[bytes]:
    """Rows by the names in the first line; all values are strings, empty ones are left out.

    A line with too many values, or that is not UTF-8, is passed on as a row that is not one.
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


def _parquet(file: BinaryIO) -> Iterator[bytes]:
    parquet = _need("pyarrow.parquet", ".parquet")
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
    """Columns that may hold few and large texts again and again: kept as they are in the file.

    Not those that are mostly no dictionary, as all large columns of different texts are: such a
    one would be held whole.
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
    """Check what a Parquet file says of itself: a page of a column is unpacked in one piece."""
    for column in _columns(metadata):
        claimed = max(column.total_uncompressed_size, column.num_values)
        if claimed > max(_MANY_BYTES, _MOST_PACKED * column.total_compressed_size):
            raise ValueError(
                f"column {column.path_in_schema!r} would unpack to over {_MOST_PACKED:,} times "
                "its size"
            )


def _arrow(file: BinaryIO) -> Iterator[bytes]:
    """A file of a data set that `datasets` saved: a stream, or the format with a footer."""
    pyarrow = _need("pyarrow", ".arrow")
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
    with suppress(pyarrow.ArrowInvalid, EOFError, StopIteration, OSError):  # reading tells of it
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

    What is not `checked` is as a file says: its places and lengths are looked at first.
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
        yield b"".join(orjson.dumps(row, default=_text, option=options) for row in rows)


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
    try:
        compute = _need("pyarrow.compute", ".arrow")
        return int(compute.max(compute.binary_length(values)).as_py() or 0)
    except (AttributeError, NotImplementedError, ValueError):  # not texts
        return int(values.nbytes)


def _text(value: object) -> str:
    """What JSON has no type for; bytes are text where they can be, else base64."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


_READERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    ".gz": _gzip,
    ".zst": _zstd,
    ".csv": _csv,
    ".tsv": partial(_csv, delimiter="\t"),
    ".parquet": _parquet,
    ".arrow": _arrow,
}


ENDINGS = (*_PLAIN, *_READERS)
"""What files of rows are called."""


def _reader(name: str) -> Callable[[BinaryIO], Iterator[bytes]] | None:
    path = name.partition("?")[0].partition("#")[0] if _is_web(name) else name
    return _READERS.get(Path(path).suffix.lower())


def compressor(name: str) -> Any:
    """What packs an output of this name (`compress`, `flush`); None where it stays plain.

    Raises:
        UsageError: a package is missing, or rows are not written in this format.
    """
    suffix = Path(name).suffix.lower()
    if suffix == ".gz":
        return zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    if suffix == ".zst":
        return _need("zstandard", name).ZstdCompressor().compressobj()
    if suffix in _READERS or is_remote(name):
        raise UsageError(f"{name}: output is JSONL, or JSONL in .gz or .zst, on this machine")
    return None
