"""Shards: input files that are worked on apart, each to one output file, whole or absent.

The output folder keeps its notes under `_seapo/`: `run.json` names the run, `NAME.json` says what
became of a shard, `NAME.errors.jsonl` holds its failed rows. A shard is finished once its output
and its note are there, and the note's input had the size that it has now.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from seapo_cli.errors import SeapoError, UsageError
from seapo_cli.sources import file_system, list_files

_NOTES = "_seapo"
_PACKED = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Shard:
    """One input file."""

    source: str
    name: str
    """Of its output: the input's, ending in `.jsonl`."""
    size: int
    """Bytes of the input."""


def list_shards(name: str) -> list[Shard]:
    """The shards that a path, a pattern or a folder stands for.

    Raises:
        UsageError: there is none, or two would get the same output.
    """
    shards = []
    for source in list_files(name):
        system, path = file_system(source)
        shards.append(Shard(source, _output_name(source), system.size(path)))
    names = Counter(shard.name for shard in shards)
    if twice := [shard.source for shard in shards if names[shard.name] > 1]:
        raise UsageError(f"{twice[0]} and {twice[1]} would get the same output: rename one")
    return shards


def _output_name(source: str) -> str:
    path = Path(source)
    if path.suffix in _PACKED:
        path = path.with_suffix("")
    return f"{path.stem}.jsonl"


class Folder:
    """A folder for output, on this machine or in an object store."""

    def __init__(self, name: str) -> None:
        self._system, self._path = file_system(name)
        self._is_local = "file" in self._system.protocol
        self.name = self._path if self._is_local else name
        """Absolute: workers have other current directories."""

    def claim(self, run: Mapping[str, Any]) -> None:
        """Make the folder that of a run; the same run may come back to it.

        Raises:
            UsageError: it belongs to another one, or cannot be written.
        """
        run = orjson.loads(orjson.dumps(run, default=str))
        note = f"{_NOTES}/run.json"
        known = self.read(note)
        if known is None:
            try:
                self._system.makedirs(f"{self._path}/{_NOTES}", exist_ok=True)
                self.write(note, orjson.dumps(run, option=orjson.OPT_INDENT_2))
            except OSError as error:
                raise UsageError(f"{self.name}: cannot write: {error.strerror or error}") from None
        elif orjson.loads(known) != run:
            raise UsageError(
                f"{self.name} holds shards of a run with other options: "
                "give another --output, or remove it"
            )

    def unfinished(self, shards: Sequence[Shard]) -> list[Shard]:
        """Those that are not done, or whose input has changed."""
        return [shard for shard in shards if not self._is_done(shard)]

    def _is_done(self, shard: Shard) -> bool:
        note = self.read(f"{_NOTES}/{shard.name}.json")
        whole = self._system.exists(f"{self._path}/{shard.name}")
        return whole and note is not None and orjson.loads(note)["bytes"] == shard.size

    def finish(self, shard: Shard, told: Mapping[str, Any]) -> None:
        """Note that a shard is done."""
        self.write(f"{_NOTES}/{shard.name}.json", orjson.dumps({"bytes": shard.size, **told}))

    def errors(self, shard: Shard) -> bytes:
        """The failed rows of a shard, as JSONL."""
        return self.read(_errors_name(shard)) or b""

    def put_errors(self, shard: Shard, file: Path) -> None:
        """Keep the failed rows of a shard."""
        if file.stat().st_size:
            self.put(file, _errors_name(shard))

    def put(self, file: Path, name: str) -> None:
        """Copy a file into the folder under a name that only whole files have.

        Raises:
            SeapoError: it cannot be written.
        """
        target = f"{self._path}/{name}"
        try:
            if self._is_local:
                part = Path(f"{target}.part")
                part.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, part)
                part.replace(target)
            else:  # an object is there once it is whole
                self._system.put_file(str(file), target)
        except OSError as error:
            raise SeapoError(f"{target}: cannot write: {error.strerror or error}") from None

    def write(self, name: str, data: bytes) -> None:
        """A small file."""
        self._system.pipe_file(f"{self._path}/{name}", data)

    def read(self, name: str) -> bytes | None:
        """A small file, if it is there."""
        try:
            found: bytes = self._system.cat_file(f"{self._path}/{name}")
        except FileNotFoundError:
            return None
        return found


def _errors_name(shard: Shard) -> str:
    return f"{_NOTES}/{shard.name}.errors.jsonl"
