"""Lines through a stage: each becomes a result, in order; a bad one costs only itself."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.ordered import ordered_map
from seapo_cli.exceptions import Declined, Pending, RowError
from seapo_cli.io.jsonl import Line
from seapo_cli.io.threads import DaemonThread
from seapo_cli.rows import Keys, Row, read_row

_WINDOW_PER_REQUEST = 4
"""Rows held for each open request: enough for one slow answer not to idle the others."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a row, or one of the negatives wanted of it, is missing from the output."""

    reason: str
    error_type: str | None = None
    pending: bool = False
    """No failure yet: the answer comes with a later batch."""
    declined: bool = False
    """No failure either: there is no such negative of this row, as the model says."""

    @classmethod
    def of(cls, error: RowError, error_type: str | None = None, about: str = "") -> Self:
        """What an error means for its row."""
        pending, declined = isinstance(error, Pending), isinstance(error, Declined)
        return cls(f"{about}{error}", error_type, pending, declined)


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


class Stage(Protocol):
    """What a stage does to a row. Failures of this row only are in the outcome, not raised."""

    name: str

    async def process(self, row: Row, gateway: Gateway) -> Outcome:
        """Work on one row; many run at once."""


class LocalStage(Protocol):
    """A stage that asks no model: one row after the other."""

    name: str

    def process(self, row: Row) -> Outcome:
        """Work on one row."""


class WaitingStage(Protocol):
    """A stage that asks no model through a gateway, but waits: for child processes."""

    name: str
    concurrency: int
    """Rows that it works on at once."""

    async def process(self, row: Row) -> Outcome:
        """Work on one row; many run at once."""


AnyStage = Stage | LocalStage | WaitingStage


class Named(Protocol):
    """Any stage: what a run has to know of it."""

    name: str


@runtime_checkable
class Reporting(Protocol):
    """A stage with more to tell at the end than the tally knows."""

    def summary(self) -> Mapping[str, Any]:
        """For `--summary`."""

    def summary_text(self) -> str:
        """For people, on stderr; lines."""


@runtime_checkable
class Merging(Reporting, Protocol):
    """One that can also tell of what copies of it did elsewhere."""

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Count what a copy counted, from its figures."""


async def results(
    lines: Iterator[list[Line]],
    process: Callable[[Row], Awaitable[Outcome]],
    concurrency: int,
    keys: Keys,
) -> AsyncGenerator[list[Result]]:
    """Results in the order of the lines, in lists of those that are ready together."""

    async def work(line: Line) -> Result:
        row = _read(line, keys)
        if isinstance(row, Result):
            return row
        return Result(line, await process(row), row.id)

    window = _WINDOW_PER_REQUEST * concurrency
    # Closed here, not when it is collected: by then its event loop may be gone.
    async with aclosing(ordered_map(_beside(lines), work, window)) as batches:
        async for batch in batches:
            yield batch


async def local_results(
    lines: Iterator[list[Line]], stage: LocalStage, keys: Keys
) -> AsyncGenerator[list[Result]]:
    """Results of a stage that asks no model, in lists of the lines that were read together."""
    async for batch in _beside(lines):
        yield [local_result(line, stage, keys) for line in batch]


def local_result(line: Line, stage: LocalStage, keys: Keys) -> Result:
    """The result of a stage that asks no model."""
    row = _read(line, keys)
    return row if isinstance(row, Result) else Result(line, stage.process(row), row.id)


def _read(line: Line, keys: Keys) -> Row | Result:
    """The row on a line, or the result that says why there is none."""
    try:
        return read_row(line.value, keys, line.number)
    except RowError as error:
        return Result(line, Outcome(failures=[Failure(str(error))]))


async def _beside(lines: Iterator[list[Line]]) -> AsyncIterator[list[Line]]:
    """Read in a thread: the next line may be long in coming."""
    with closing(DaemonThread()) as reader:
        while (batch := await reader.call(next, lines, None)) is not None:
            yield batch
