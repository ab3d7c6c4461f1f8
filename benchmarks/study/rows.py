"""JSONL of the study, and draws that are the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def write(path: Path, rows: Iterable[Row]) -> None:
    """Rows as JSONL; the file has its name only when it is whole."""
    whole(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def whole(path: Path, text: str) -> None:
    """A text as a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def draw(*names: object) -> int:
    """A number that hangs on the names alone."""
    text = "\0".join(map(str, names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def drawn(rows: Sequence[Row], most: int | None, salt: str) -> list[Row]:
    """At most so many rows, drawn by the hash of their ids, in the order of the draw."""
    return sorted(rows, key=lambda row: draw(salt, row["id"]))[:most]


def drawn_of_each(
    rows: Sequence[Row], key: Callable[[Row], str], most: int, salt: str
) -> list[Row]:
    """At most so many rows of each value of the key."""
    found: list[Row] = []
    for value in sorted({key(row) for row in rows}):
        found += drawn([row for row in rows if key(row) == value], most, salt)
    return found
