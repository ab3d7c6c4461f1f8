"""Files of pairs in, data files out: a file for each split, without what is private."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.formats.reader import read_row_pairs
from seapo_cli.hub.columns import Columns
from seapo_cli.hub.private import Private
from seapo_cli.io.faults import Faults
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Output, input_name, lines_of
from seapo_cli.show.paint import marked
from seapo_cli.show.view import read_views
from seapo_cli.text.languages import guess

_SPLIT = re.compile(r"(?P<name>\w+(\.\w+)*)=(?P<file>.+)", re.DOTALL)
_LONGEST_EXAMPLE = 2_000
_ASKED = 200
"""Answers whose language is looked at."""
_SURE = 0.5
_LEAST_SHARE = 0.05
"""Languages of fewer answers are not named."""


def read_splits(inputs: Sequence[str]) -> dict[str, list[str]]:
    """The files of each split, in the given order.

    Raises:
        UsageError: stdin is named, which cannot be read twice.
    """
    found: dict[str, list[str]] = {}
    for value in inputs:
        match = None if Path(value).exists() else _SPLIT.fullmatch(value)
        name, file = (match["name"], match["file"]) if match else ("train", value)
        if file == "-":
            raise UsageError("pairs are read twice: give a file")
        found.setdefault(name, []).append(file)
    return found


@dataclass(slots=True)
class Data:
    """The pairs to publish."""

    splits: Mapping[str, Sequence[str]]
    private: Private = field(default_factory=Private)
    columns: Columns = field(default_factory=Columns)
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by split."""
    faults: Faults = field(default_factory=Faults)
    example: tuple[str, str, str] | None = None
    """Prompt, type, and answer with the mistake marked."""
    _languages: Counter[str] = field(default_factory=Counter)
    _asked: int = 0

    @property
    def files(self) -> dict[str, str]:
        """The data file of each split, in the folder."""
        return {name: f"data/{name}.jsonl" for name in self.splits}

    @property
    def languages(self) -> list[str]:
        """ISO codes of the answers' languages, the most frequent first."""
        least = max(1, _LEAST_SHARE * self._asked)
        return [code for code, count in self._languages.most_common() if count >= least]

    def gather(self) -> None:
        """Read all rows once: columns, counts, an example.

        Raises:
            UsageError: a file cannot be opened, holds no pair, or rows have several formats.
        """
        for split, files in self.splits.items():
            for file in files:
                for row in self._rows(file, self.faults):
                    self.columns.add(row)
                    self.counts[split] += 1
                    self._look(row)
            if not self.counts[split]:
                first = f": {self.faults.shown[0]}" if self.faults.count else ""
                raise UsageError(f"split {split}: no pair in {', '.join(files)}{first}")
        self.columns.check()

    def write(self, split: str, output: Output) -> None:
        """Write the rows of a split."""
        for file in self.splits[split]:
            for row in self._rows(file, Faults()):
                output.write(encode(self.columns.written(row)))

    def _rows(self, file: str, faults: Faults) -> Iterator[dict[str, Any]]:
        for line in lines_of(file):
            try:
                data = line.value
                read_row_pairs(data)
                assert isinstance(data, dict)
                yield self.private.cleaned(data)
            except RowError as error:
                faults.add(f"{input_name(file)}:{line.number}", error)

    def _look(self, row: Mapping[str, Any]) -> None:
        if self.example and self._asked >= _ASKED:
            return
        pair, *others = read_row_pairs(row)
        if self._asked < _ASKED:
            self._asked += 1
            guessed = guess(pair.chosen or pair.rejected or "")
            code = max(guessed, key=lambda name: guessed[name], default="")
            self._languages.update([code] * (guessed.get(code, 0) >= _SURE))
        if self.example or others or pair.chosen is None or pair.rejected is None:
            return
        view = read_views(row)[0]
        text = "".join(map(marked, view.pieces))
        changed = any(piece.kind != "same" for piece in view.pieces)
        if changed and len(text) + len(view.prompt) <= _LONGEST_EXAMPLE:
            self.example = view.prompt, pair.error_type or "", text
