"""Input that is not plain JSONL, as a stream of JSONL: packed, columnar, arrays, remote, folders.

A new format is one function and one line in `_READERS`. Whatever a file claims to unpack to, what
is held of it at once is bounded.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.extras import need
from seapo_cli.io.folders import shown
from seapo_cli.io.json_text import decode, encode
from seapo_cli.io.tabular import arrow_lines, csv_lines, parquet_lines

_CHUNK_BYTES = 1 << 16
_ZSTD_BYTES = 1 << 6
"""Little at once: four bytes may unpack to 128 KiB, and all that is given does so in one piece."""
_ZSTD_BUFFER_BYTES = 1 << 14
MOST_ARRAY_BYTES = 64 << 20
"""A JSON array is read whole: larger ones are refused."""
_PLAIN = (".jsonl", ".json", ".ndjson")
_NOT_ROWS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
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
    others = file in _NOT_ROWS or (file.startswith("cache-") and file.endswith(".arrow"))
    return not hidden and not others and file.endswith(ENDINGS)


def _chunks(name: str, stack: ExitStack) -> Iterator[bytes]:
    """One file's bytes as JSONL, ending with a newline."""
    file = stack.enter_context(_opened(name))
    last = b"\n"
    try:
        for chunk in (_reader(name) or partial(_json_lines, name=shown(name)))(file):
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


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).split("\n")[0] or type(error).__name__


def _chunks_of(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, _CHUNK_BYTES), b"")


def _json_lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    """JSONL, or the objects of a JSON array."""
    begin = file.read(_CHUNK_BYTES)
    if _begins_array(begin):
        text = begin + file.read(MOST_ARRAY_BYTES + 1 - len(begin))
        yield from _array(text, name)
    else:
        yield begin
        yield from _chunks_of(file)


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
    need(".zst", "files", "zstandard")
    import zstandard

    unpacker, frame = zstandard.ZstdDecompressor(), None
    for chunk in _chunks_of(file):
        for start in range(0, len(chunk), _ZSTD_BYTES):
            rest = chunk[start : start + _ZSTD_BYTES]
            while rest:
                frame = frame or unpacker.decompressobj(write_size=_ZSTD_BUFFER_BYTES)
                yield frame.decompress(rest)
                rest = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends before its end mark")


_READERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    ".gz": _gzip,
    ".zst": _zstd,
    ".csv": csv_lines,
    ".tsv": partial(csv_lines, delimiter="\t"),
    ".parquet": parquet_lines,
    ".arrow": arrow_lines,
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
        need(name, "files", "zstandard")
        import zstandard

        return zstandard.ZstdCompressor().compressobj()
    if suffix in _READERS or is_remote(name):
        raise UsageError(f"{name}: output is JSONL, or JSONL in .gz or .zst, on this machine")
    return None
