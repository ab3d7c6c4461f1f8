"""Rows as a trainer would read them: pairs, columns, and what is wrong before any token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import PreferencePair, read_row_pairs
from seapo_cli.io.faults import Faults
from seapo_cli.io.jsonl import input_name, lines_of
from seapo_cli.stages.doctor.trainers import SEAPO, TRAINERS, Shape, Trainer, readers

_ANSWERS = ("chosen", "rejected", "completion", "response", "negative")


@dataclass(slots=True)
class Gathered:
    """All rows of the files."""

    trainer: Trainer | None
    """None until the first row tells."""
    readers: Sequence[str] = ()
    """Trainers that could read the first row, where nobody named one."""
    rows: int = 0
    pairs: list[PreferencePair] = field(default_factory=list)
    columns: Counter[str] = field(default_factory=Counter)
    shape: Shape | None = None
    """That of the first row."""
    faults: Faults = field(default_factory=partial(Faults, 3))
    """Rows that cannot be read."""
    empty: int = 0
    """Rows with an answer that says nothing."""

    @property
    def templated(self) -> bool:
        """Whether the chat template is applied."""
        return self.shape is None or self.shape.templated

    def add(self, row: object, where: str) -> None:
        """Take one decoded line.

        Raises:
            RowError: the trainer cannot read it.
        """
        if not isinstance(row, dict):
            raise RowError("a row must be a JSON object")
        self.columns.update(row.keys())
        if self.trainer is None:
            found = readers(row)
            self.trainer = found[0] if len(found) == 1 else SEAPO
            self.readers = [one.name for one in found]
        trainer, is_empty = self.trainer, any(_is_empty(row.get(name)) for name in _ANSWERS)
        self.empty += is_empty
        if (reason := trainer.fault(row)) is not None:
            raise RowError(reason)
        shape = trainer.shape_of(row)
        self.shape = self.shape or shape
        if shape != self.shape:
            raise RowError(f"another kind of row than the first one: {shape}, not {self.shape}")
        try:
            self.pairs += read_row_pairs(row, where)
        except RowError:
            if not is_empty:  # seapo's reader has said it: counted once
                raise


def gather(files: Sequence[str], trainer: str | None) -> Gathered:
    """Read JSONL files; `-` is stdin.

    Raises:
        UsageError: a file cannot be opened.
    """
    found = Gathered(TRAINERS[trainer] if trainer else None)
    for file in files:
        name = input_name(file)
        for line in lines_of(file):
            where = f"{name}:{line.number}"
            found.rows += 1
            try:
                found.add(line.value, where)
            except RowError as error:
                found.faults.add(where, error)
    return found


def _is_empty(answer: object) -> bool:
    """Whether an answer is there that neither says nor calls anything."""
    if isinstance(answer, list) and answer:
        answer = answer[-1]
    if isinstance(answer, Mapping):
        turn: Mapping[str, Any] = answer
        if turn.get("tool_calls"):
            return False
        answer = turn.get("content", turn.get("value"))
        return answer is None or not str(answer).strip()
    return isinstance(answer, str) and not answer.strip()
