"""What a stage is: what it does to a row, and what it says came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from seapo_cli.engine.gateway import Gateway
from seapo_cli.exceptions import Declined, Pending, RowError
from seapo_cli.io.jsonl import Line
from seapo_cli.rows import Row

if TYPE_CHECKING:
    from seapo_cli.engine.run import Run


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a row, or one of the negatives wanted of it, is missing from the output."""

    reason: str
    error_type: str | None = None
    pending: bool = False
    """No failure yet: the answer comes with a later run, and `reason` says how."""
    declined: bool = False
    """No failure either: there is no such negative of this row, as the model says."""

    @classmethod
    def of(cls, error: RowError, error_type: str | None = None, about: str = "") -> Self:
        """What an error means for its row; `about` says what failed."""
        if isinstance(error, Pending):
            return cls(str(error), error_type, pending=True)
        return cls(f"{about}{error}", error_type, declined=isinstance(error, Declined))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage made of one row."""

    rows: Sequence[dict[str, Any]] = ()
    failures: Sequence[Failure] = ()
    rejected: Sequence[dict[str, Any]] = ()
    """Rows that the stage sorted out, as it should: no failures."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one line."""

    line: Line
    outcome: Outcome
    row_id: str | None = field(default=None)


class Stage:
    """Base of all stages: a plain one has a name and `process`, the rest as it stands here."""

    name: str
    asks_model: bool = True
    """Whether it asks the model that is named for it, if one is."""
    at_once: int = 1
    """Rows that it works on at once where it asks no model; of one that never waits, 1."""
    passes: int = 1
    """How often it reads its input."""

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Work on one row. What fails this row only is in the outcome, not raised.

        Raises:
            SeapoError: the run cannot go on.
        """
        raise NotImplementedError

    def run(self, run: Run) -> None:
        """Work on all rows; another way for a stage that needs all before it can write one.

        Raises:
            SeapoError: the run could not be finished.
        """
        asyncio.run(run.stream())

    def summary(self) -> Mapping[str, Any]:
        """What it has to tell at the end besides the tally: for `--summary`."""
        return {}

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Count what a copy of it did elsewhere, from its summary."""

    def summary_text(self) -> str:
        """The summary for people, on stderr; lines."""
        return ""
