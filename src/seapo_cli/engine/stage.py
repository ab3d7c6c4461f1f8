"""What a stage is: what it does to a row, and the outcome that it reports."""

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
    """Why a row, or one of the negatives requested for it, is missing from the output."""

    reason: str
    error_type: str | None = None
    pending: bool = False
    """Not a failure yet: the answer comes with a later run, and `reason` says how."""
    declined: bool = False
    """Not a failure either: according to the model, this row can have no such negative."""

    @classmethod
    def of(cls, error: RowError, error_type: str | None = None, about: str = "") -> Self:
        """The failure of a row by an error; `about` says what failed."""
        if isinstance(error, Pending):
            return cls(str(error), error_type, pending=True)
        return cls(f"{about}{error}", error_type, declined=isinstance(error, Declined))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage made of one row."""

    rows: Sequence[dict[str, Any]] = ()
    failures: Sequence[Failure] = ()
    rejected: Sequence[dict[str, Any]] = ()
    """Rows that the stage rejected, as it should: not failures."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one line."""

    line: Line
    outcome: Outcome
    row_id: str | None = field(default=None)


class Stage:
    """Base of all stages: a simple one defines a name and `process`, and keeps the rest."""

    name: str
    asks_model: bool = True
    """Whether it asks the model that is named for it, if any."""
    at_once: int = 1
    """Rows that it works on at once if it asks no model; 1 if it never waits."""
    passes: int = 1
    """How often it reads its input."""

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Work on one row. What fails only this row is in the outcome, not raised.

        Raises:
            SeapoError: the run cannot go on.
        """
        raise NotImplementedError

    def run(self, run: Run) -> None:
        """Work on all rows; overridden by a stage that needs all of them before it can write one.

        Raises:
            SeapoError: the run could not be finished.
        """
        asyncio.run(run.stream())

    def close(self) -> None:
        """Let go of what it opened for the rows; it may be run again."""

    def summary(self) -> Mapping[str, Any]:
        """What it reports at the end besides the tally, for `--summary`."""
        return {}

    def figures(self) -> Mapping[str, Any]:
        """What `merge` takes: the summary, where summaries can be merged."""
        return self.summary()

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of a copy that ran elsewhere."""

    def summary_text(self) -> str:
        """The summary for people, on stderr; lines."""
        return ""
