"""Rows in, a folder out that a reviewing tool imports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from seapo_cli.exceptions import RowError, SeapoError, UsageError
from seapo_cli.io.faults import Faults
from seapo_cli.io.folders import PART, shown, whole_folder
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import input_name, lines_of
from seapo_cli.options.review import ReviewExportSettings
from seapo_cli.review import argilla, label_studio
from seapo_cli.review.item import Item, read_item, type_names
from seapo_cli.rows import Keys, read_row
from seapo_cli.text.safe import masked


@dataclass(slots=True)
class Exported:
    """What became of the rows."""

    written: int = 0
    repeated: int = 0
    """Rows with the same prompt and answers as an earlier one."""
    left_out: int = 0
    """Rows beyond `--max-rows`."""
    faults: Faults = field(default_factory=Faults)


def export(name: str, keys: Keys, settings: ReviewExportSettings) -> Exported:
    """Write the rows of a file for review.

    Raises:
        UsageError: the folder holds something, or the file cannot be opened.
        SeapoError: no row can be reviewed, or the folder cannot be written.
    """
    need_empty(settings.output)
    found = Exported()
    items = _read(name, keys, found)
    if not items:
        first = f": {found.faults.shown[0]}" if found.faults.count else ""
        raise SeapoError(f"{input_name(name)}: no row to review{first}")
    kept = _drawn(items, settings.max_rows)
    found.written, found.left_out = len(kept), len(items) - len(kept)
    try:
        with whole_folder(settings.output) as part:
            for file, data in _files(kept, settings).items():
                path = part / file
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(masked(data))
    except OSError as error:
        raise SeapoError(f"-o {shown(settings.output)}: cannot write: {error.strerror}") from None
    return found


def need_empty(folder: Path) -> None:
    """Check that nothing would be overwritten; what a killed run left does not count.

    Raises:
        UsageError: there is something.
    """
    try:
        held = [path for path in folder.iterdir() if not path.name.endswith(PART)]
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"-o {shown(folder)}: {error.strerror}") from None
    if held:
        raise UsageError(f"-o {shown(folder)}: not empty, it may hold reviews: name a new folder")


def _read(name: str, keys: Keys, found: Exported) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for line in lines_of(name):
        try:
            item = read_item(read_row(line.value, keys, line.number), keys)
        except RowError as error:
            found.faults.add(f"{input_name(name)}:{line.number}", error)
            continue
        found.repeated += item.key in items
        items.setdefault(item.key, item)
    return items


def _drawn(items: dict[str, Item], most: int | None) -> list[Item]:
    """Those with the lowest hashes, in the order of reading."""
    drawn = set(sorted(items)[:most])
    return [item for key, item in items.items() if key in drawn]


def _files(items: list[Item], settings: ReviewExportSettings) -> dict[str, bytes]:
    claimed = Counter(item.error_type for item in items if item.error_type)
    types = type_names([kind for kind, _ in claimed.most_common()])
    if settings.to == "label-studio":
        return {
            label_studio.TASKS: _array(map(label_studio.task, items)),
            label_studio.CONFIG: label_studio.config(types),
        }
    name = settings.output.resolve().name
    beside = argilla.documents(name, types, settings.reviewers)
    files = {file: orjson.dumps(data) for file, data in beside.items()}
    return {argilla.RECORDS: _array(map(argilla.record, items)), **files}


def _array(rows: Iterable[object]) -> bytes:
    """A JSON array with a row on each line."""
    return b"[\n" + b",\n".join(encode(row).rstrip() for row in rows) + b"\n]\n"
