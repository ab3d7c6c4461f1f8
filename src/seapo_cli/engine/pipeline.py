"""Lines through a stage: each becomes a result, in order; a bad line fails alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from contextlib import aclosing, closing
from functools import partial
from typing import Any, TypeVar

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.ordered import ordered_map
from seapo_cli.engine.stage import Failure, Outcome, Result, Stage
from seapo_cli.exceptions import RowError
from seapo_cli.io.jsonl import Line
from seapo_cli.io.threads import DaemonThread
from seapo_cli.rows import Keys, read_row

T = TypeVar("T")

WINDOW_PER_REQUEST = 4
"""Rows held per open request: enough that one slow answer does not idle the others."""


async def results(
    lines: Iterator[list[Line]], stage: Stage, keys: Keys, model: Gateway | None
) -> AsyncGenerator[list[Result]]:
    """Results in the order of the lines, in lists of those ready at the same time."""
    if model is None and stage.at_once == 1:
        async for read in _beside(lines):
            # Without a task for each row, which would cost as much as a quick check.
            yield [await result_of(line, stage, keys, None) for line in read]
        return
    work = partial(result_of, stage=stage, keys=keys, model=model)
    window = WINDOW_PER_REQUEST * (model.concurrency if model else stage.at_once)
    # Closed here, not when garbage-collected: by then its event loop may be gone.
    async with aclosing(ordered_map(_beside(lines), work, window)) as batches:
        async for batch in batches:
            yield batch


async def result_of(line: Line, stage: Stage, keys: Keys, model: Gateway | None) -> Result:
    """What a stage makes of a line."""
    try:
        if line.error:
            raise RowError(line.error)
        row = read_row(line.data, keys, line.number)
    except RowError as error:
        return Result(line, Outcome(failures=[Failure(str(error))]))
    return Result(line, await stage.process(row, model), row.id)


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits; needs no event loop.

    Raises:
        RuntimeError: it waits.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    coroutine.close()
    raise RuntimeError("a stage that waits must set `at_once`, the number of rows it works on")


async def _beside(lines: Iterator[list[Line]]) -> AsyncIterator[list[Line]]:
    """Read in a thread: the next line may take long to arrive."""
    with closing(DaemonThread()) as reader:
        while (batch := await reader.call(next, lines, None)) is not None:
            yield batch
