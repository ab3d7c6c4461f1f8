"""Files to everything that a report is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.io.faults import Faults
from seapo_cli.io.json_text import decode
from seapo_cli.io.jsonl import Line, input_name, open_input, read_lines
from seapo_cli.io.sources import MOST_ARRAY_BYTES, is_plain
from seapo_cli.report.kinds import NAMES, WANTED, Kind, kind_of
from seapo_cli.report.rows import Rows
from seapo_cli.text.safe import label

Document = dict[str, Any]
_SHOWN_KEYS = 6


@dataclass(slots=True)
class File:
    """What was found in a file."""

    name: str
    counts: Counter[Kind] = field(default_factory=Counter)
    bad: int = 0

    @property
    def told(self) -> str:
        """Its kind, for people."""
        parts = [f"{n:,} {NAMES[kind][n != 1]}" for kind, n in self.counts.most_common()]
        if self.bad:
            parts.append(f"{self.bad:,} lines that cannot be read")
        return ", ".join(parts) or "empty"


@dataclass(slots=True)
class Inputs:
    """All that was read."""

    rows: Rows
    metrics: dict[str, list[Document]] = field(default_factory=dict)
    """Lines by file."""
    results: list[Document] = field(default_factory=list)
    audits: dict[str, Document] = field(default_factory=dict)
    summaries: dict[str, Document] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    """Lines that cannot be read, and why."""

    def _add(self, file: File, line: Line) -> None:
        if line.error:
            raise RowError(line.error)
        kind = kind_of(line.data)
        if kind is None:
            raise RowError(f"{_unknown(line.data)}: {WANTED} are shown")
        data: Any = line.data
        if kind == "metrics":
            self.metrics.setdefault(file.name, []).append(data)
        elif kind == "result":
            self.results.append(data)
        elif kind == "audit":
            self.audits[file.name] = data
        elif kind == "summary":
            self.summaries[file.name] = data
        else:
            self.rows.add(kind, data, Path(file.name).name, line.number)
        file.counts[kind] += 1

    def _read(self, name: str) -> None:
        file = File(input_name(name))
        first = None
        for line in _lines(name):
            try:
                self._add(file, line)
            except RowError as error:
                file.bad += 1
                first = first or str(error)
                self.faults.add(f"{file.name}:{line.number}", error)
        if first and not file.counts:
            raise UsageError(f"{file.name}: nothing that a report can show: {first}")
        self.files.append(file)


def read(names: Sequence[str], most: int) -> Inputs:
    """Read all files; if there are more rows than `most`, those of prompts drawn by hash are shown.

    Raises:
        UsageError: a file cannot be opened, or holds nothing that a report can show.
    """
    found = Inputs(Rows(most))
    for name in names:
        found._read(name)
    return found


def _lines(name: str) -> Iterator[Line]:
    document = _document(name)
    if document is not None:
        yield Line(1, document)
        return
    with open_input(name) as stream:
        for lines in read_lines(stream):
            yield from lines


def _document(name: str) -> object | None:
    """A JSON object over several lines, as audits and summaries are; None for anything else."""
    path = Path(name)
    if name == "-" or not is_plain(name) or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            if file.readline(16).strip().removeprefix(b"\xef\xbb\xbf") != b"{":
                return None
            file.seek(0)
            found: object = decode(file.read(MOST_ARRAY_BYTES).removeprefix(b"\xef\xbb\xbf"))
            return found
    except (OSError, ValueError, RecursionError):  # reading it as lines decides
        return None


def _unknown(data: object) -> str:
    if not isinstance(data, dict):
        return "not a JSON object"
    keys = [f"'{label(str(key))}'" for key in list(data)[:_SHOWN_KEYS]]
    more = ", …" if len(data) > _SHOWN_KEYS else ""
    return f"an object with {', '.join(keys) or 'no keys'}{more}"
