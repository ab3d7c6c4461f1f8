"""Input that is no plain JSONL file, as a stream of JSONL: compressed, columnar, remote, folders.

A new format is one function and one line in `_READERS`.
"""

from __future__ import annotations

import base64
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from seapo_cli.errors import SeapoError, UsageError
from seapo_cli.extras import install

_CHUNK_BYTES = 1 << 16
_ROWS = 256
"""Rows of a columnar file that are decoded together."""
_BUFFER_BYTES = 1 << 20
"""Of a column of a Parquet file."""
_ZSTD_BYTES = 1 << 12
"""Little at once: repetitive text unpacks to thousands of times its size, in one piece."""
_PLAIN = (".jsonl", ".json", ".ndjson")


class DamagedInput(SeapoError):
    """A file is broken from some place on; what stands before it is good."""


class _Stream(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int = -1) -> bytes:
        """The next chunk, whatever its size: gathering more would lose it to a damage behind it."""
        return next(filter(None, self._chunks), b"")


def is_plain(name: str) -> bool:
    """Whether `open()` alone gives JSONL: also for stdin, pipes and names without a suffix."""
    return not is_remote(name) and _reader(name) is None and not Path(name).is_dir()


def is_remote(name: str) -> bool:
    """Whether a name is a URL."""
    return "://" in name


@contextmanager
def open_rows(name: str) -> Iterator[BinaryIO]:
    """Input that is not plain, as JSONL; a folder's files come one after the other.

    Rows are numbered through, from 1. Reading raises `DamagedInput` where a file is broken.

    Raises:
        UsageError: it is not there, or a package is missing that reads it.
    """
    with ExitStack() as stack:
        chunks = (chunk for file in _files(name) for chunk in _chunks(file, stack))
        yield cast("BinaryIO", _Stream(chunks))


def _files(name: str) -> Sequence[str]:
    """The data files behind a name: itself, or those of a folder, in order."""
    is_folder = is_remote(name) and _reader(name) is None and not name.endswith(_PLAIN)
    if not (is_folder or Path(name).is_dir()):
        return [name]
    system, path = file_system(name)
    try:
        found = [one for one in system.find(path) if is_data(one, path)]
    except OSError as error:
        raise UsageError(f"{name}: {_reason(error)}") from None
    if not found:
        raise UsageError(f"{name}: no such file, or a folder without JSONL, Parquet or Arrow files")
    return [full_path(system, one) for one in sorted(found)]


def full_path(system: Any, path: str) -> str:
    """A path on a file system as a name: local ones as people write them, others as URLs."""
    protocol = system.protocol
    local = "file" in ([protocol] if isinstance(protocol, str) else protocol)
    return path if local else str(system.unstrip_protocol(path))


def is_data(path: str, folder: str) -> bool:
    """Whether a folder's file holds rows; what begins with a dot or `_` is somebody's own."""
    hidden = any(part[0] in "._" for part in path.removeprefix(folder).split("/") if part)
    # `datasets` keeps what `map()` made beside the rows that it saved: not these rows again.
    cache = path.endswith(".arrow") and path.rpartition("/")[2].startswith("cache-")
    return not hidden and not cache and path.endswith(ENDINGS)


def _chunks(name: str, stack: ExitStack) -> Iterator[bytes]:
    """One file's bytes as JSONL, ending with a newline."""
    file = stack.enter_context(_opened(name))
    last = b"\n"
    try:
        for chunk in (_reader(name) or _plain)(file):
            yield chunk
            last = chunk[-1:] or last
        if _reader(name) and not file.tell():
            raise EOFError("it is empty")  # a download that failed, say; gzip takes it for no rows
    except Exception as error:  # each format's library has errors of its own
        if isinstance(error, SeapoError):
            raise
        raise DamagedInput(f"{name} is damaged from here on: {_reason(error)}") from None
    if last != b"\n":
        yield b"\n"


def _opened(name: str) -> Any:
    system, path = file_system(name)
    try:
        return system.open(path, "rb")
    except OSError as error:
        raise UsageError(f"{name}: {_reason(error)}") from None


def file_system(name: str) -> tuple[Any, str]:
    """The file system of a name (fsspec's), and the path on it.

    Raises:
        UsageError: its scheme is unknown, or a package is missing.
    """
    from fsspec.core import url_to_fs

    try:
        found: tuple[Any, str] = url_to_fs(name)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{name}: {_reason(error)}") from None
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


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    # One read at a time: what stands before the damage of a broken file still comes.
    return iter(partial(gzip.GzipFile(fileobj=file).read1, _CHUNK_BYTES), b"")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Frame by frame: the library's own reader takes a file that was cut for its end."""
    unpacker, frame = _need("zstandard", ".zst").ZstdDecompressor(), None
    for chunk in iter(partial(file.read, _ZSTD_BYTES), b""):
        rest = chunk
        while rest:
            frame = frame or unpacker.decompressobj()
            yield frame.decompress(rest)
            rest = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends before its end mark")


def _parquet(file: BinaryIO) -> Iterator[bytes]:
    parquet = _need("pyarrow.parquet", ".parquet")
    # Without reading ahead, and with a buffer: a row group may be gigabytes.
    table = parquet.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    return map(_lines, table.iter_batches(_ROWS, use_threads=False))


def _arrow(file: BinaryIO) -> Iterator[bytes]:
    """A file of a data set that `datasets` saved: a stream, or the format with a footer."""
    pyarrow = _need("pyarrow", ".arrow")
    try:
        batches: Any = pyarrow.ipc.open_stream(file)
    except pyarrow.ArrowInvalid:
        file.seek(0)
        reader = pyarrow.ipc.open_file(file)
        batches = map(reader.get_batch, range(reader.num_record_batches))
    return map(_lines, batches)


def _lines(batch: Any) -> bytes:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        if batch.num_rows == 1:
            return b"\xff\n"  # no UTF-8 either: costs only itself, as in JSONL
        return b"".join(_lines(batch.slice(n, 1)) for n in range(batch.num_rows))
    options = orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(row, default=_text, option=options) for row in rows)


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
    ".parquet": _parquet,
    ".arrow": _arrow,
}


ENDINGS = (".jsonl", *_READERS)
"""What files of rows are called."""


def _reader(name: str) -> Callable[[BinaryIO], Iterator[bytes]] | None:
    return _READERS.get(Path(name).suffix.lower())


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
