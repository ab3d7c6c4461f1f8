"""Shards: which exist, where the output of each goes, and which are finished.

Paths are any that fsspec knows (`s3://bucket/in/*.jsonl`), local ones included. Beside the
output shards a folder `_seapo` records what made them: `manifest.json` the command, and one
record for each finished shard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seapo_cli.engine.files import Sink
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.io.jsonl import Output
from seapo_cli.io.same_files import Place, reads, refuse_equal, store_files, writes
from seapo_cli.io.sources import ENDINGS, file_system, full_path, is_data, is_remote
from seapo_cli.io.whole_files import RemoteFile

_RECORDS = "_seapo"
_IDENTITY = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "updated", "last_modified")
"""File systems' names for a tag that changes with a file's content; the first found is used."""


class Shard(BaseModel):
    """One input file."""

    model_config = ConfigDict(frozen=True)

    path: str
    """As fsspec opens it; a local path is absolute."""
    name: str
    """Of its output: the input's, as JSONL."""
    size: int = 0
    mark: str = ""
    """Changes when the file does."""


class ShardReport(BaseModel):
    """The outcome of one shard."""

    shard: Shard
    tally: Tally = Field(default_factory=Tally)
    figures: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    """The first failed rows, if no errors file keeps them."""
    error: str | None = None
    """Why there is no output; one line."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the output of all shards goes."""

    output: str
    errors: str | None = None
    rejected: str | None = None

    def refuse_equal(
        self, shards: Sequence[Shard], summary: Path | None, store: Path | None
    ) -> None:
        """Check that no output is another file of the run.

        Raises:
            UsageError: two are the same.
        """
        places = {"-o": self.output, "--errors": self.errors, "--rejected": self.rejected}
        folders = {option: Folder(path).url for option, path in places.items() if path}
        written = [Place(option, url) for option, url in folders.items()]
        for option, url in folders.items():
            written += [Place(option, f"{url}/{shard.name}") for shard in shards]
        written += [*writes("--summary", summary), *store_files(store)]
        refuse_equal(reads("", [shard.path for shard in shards]), written)


def one_line(error: Exception) -> str:
    """An error's text on one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, SeapoError) else f"{type(error).__name__}: {text}"


def find_shards(path: str) -> list[Shard]:
    """The shards of a file, a pattern, or a folder (its files of rows), by name.

    Raises:
        UsageError: there are none, one holds no rows, or two have the same name.
    """
    fs, found = file_system(path)
    try:
        if fs.isdir(found):
            paths = [name for name in fs.ls(found, detail=False) if is_data(name, found)]
        else:
            paths = fs.glob(found)
        infos = [(name, fs.info(name)) for name in sorted(paths)]
    except Exception as error:  # each file system has its own
        raise UsageError(f"{path}: {one_line(error)}") from None
    shards = [_shard(fs, name, info) for name, info in infos if info["type"] == "file"]
    if not shards:
        raise UsageError(f"{path}: no such shards")
    seen: dict[str, Shard] = {}
    for shard in shards:
        if not shard.path.endswith(ENDINGS):
            raise UsageError(f"{shard.path}: a shard must end in {', '.join(ENDINGS)}")
        if (other := seen.setdefault(shard.name, shard)) is not shard:
            raise UsageError(f"{other.path} and {shard.path}: their output would have one name")
    return shards


def _shard(fs: Any, path: str, info: Mapping[str, Any]) -> Shard:
    mark = next((str(info[key]) for key in _IDENTITY if info.get(key) is not None), "")
    name = path.rpartition("/")[2]
    for ending in reversed(ENDINGS):  # .jsonl last: a.jsonl.gz and a.parquet both give a.jsonl
        name = name.removesuffix(ending)
    return Shard(
        path=full_path(fs, path), name=f"{name}.jsonl", size=info.get("size") or 0, mark=mark
    )


class Folder:
    """A folder of output shards."""

    def __init__(self, path: str) -> None:
        self._fs, found = file_system(path)
        self.path = found.rstrip("/")
        self.url = full_path(self._fs, self.path)

    def file(self, name: str) -> AbstractContextManager[Sink]:
        """A file in it, to be written."""
        path = f"{self.path}/{name}"
        return RemoteFile(self._fs, path) if is_remote(self.url) else Output(path)

    def make(self, inner: str = "") -> None:
        """Create the folder, or one in it.

        Raises:
            UsageError: it cannot be created.
        """
        try:
            self._fs.makedirs(f"{self.path}/{inner}".rstrip("/"), exist_ok=True)
        except Exception as error:
            raise UsageError(f"{self.url}: cannot make this folder: {one_line(error)}") from None

    def claim(self, shards: Sequence[Shard], command: Mapping[str, Any]) -> None:
        """Record which command writes here.

        Raises:
            UsageError: another one did before, or the files are nobody's.
        """
        self.make(_RECORDS)
        wanted = orjson.loads(orjson.dumps(command))
        known = self._read("manifest.json")
        if known is None:
            for shard in shards:
                if self._fs.exists(f"{self.path}/{shard.name}"):
                    raise UsageError(f"{self.url}: has a {shard.name} already: take a new folder")
            with self.file(f"{_RECORDS}/manifest.json") as file:
                file.write(orjson.dumps(wanted, option=orjson.OPT_INDENT_2))
        elif known != wanted:
            names = [key for key in wanted | known if wanted.get(key) != known.get(key)]
            raise UsageError(
                f"{self.url}: written by another command (other {', '.join(sorted(names))}): "
                "take another folder, or remove this one"
            )

    def finished(self, shard: Shard) -> ShardReport | None:
        """The outcome of a shard in an earlier run; None if it is still to be done.

        Raises:
            UsageError: the shard has changed since.
        """
        record = self._read(f"{shard.name}.json")
        if record is None or not self._fs.exists(f"{self.path}/{shard.name}"):
            return None
        try:
            report = ShardReport.model_validate(record)
        except ValidationError:
            return None
        if report.shard != shard:
            raise UsageError(
                f"{shard.path}: changed since {self.url}/{shard.name} was made of it: "
                "take another folder, or remove that file"
            )
        return report

    def record(self, report: ShardReport) -> None:
        """Record that a shard is finished."""
        with self.file(f"{_RECORDS}/{report.shard.name}.json") as file:
            file.write(report.model_dump_json().encode())

    def _read(self, name: str) -> Any:
        try:
            return orjson.loads(self._fs.cat_file(f"{self.path}/{_RECORDS}/{name}"))
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        except Exception as error:
            raise UsageError(f"{self.url}: cannot read: {one_line(error)}") from None
