"""LLaMA-Factory's `dataset_info.json`: what it must know about each data file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson

from seapo_cli.exceptions import UsageError
from seapo_cli.formats.base import Format
from seapo_cli.io.folders import shown
from seapo_cli.io.whole_files import write_whole


def read_entries(path: Path) -> dict[str, Any]:
    """The entries of the file, by the data sets' names; none where there is no file yet.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    if not path.exists():
        return {}
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--dataset-info: {path}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"--dataset-info: {path}: not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"--dataset-info: {path}: must hold an object, name by name")
    return found


def add_entries(path: Path, files: list[Path], how: Format) -> None:
    """Add (or replace) the entries of some data files, each under its name without its ending."""
    entries = read_entries(path)
    for file in files:
        name = shown(os.path.relpath(file.resolve(), path.resolve().parent))
        entries[shown(file.stem)] = {"file_name": name, **(how.dataset_info or {})}
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    write_whole(path, orjson.dumps(entries, option=options))
