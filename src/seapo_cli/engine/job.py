"""One run of a stage from file to file: what the subcommands have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from seapo_cli.backends.batch import numbered
from seapo_cli.engine.pipeline import (
    AnyStage,
    Failure,
    Named,
    Reporting,
    Result,
)
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import ModelUse, new_tally, open_results
from seapo_cli.engine.tally import Tally
from seapo_cli.engine.threads import DaemonThread
from seapo_cli.errors import TooManyErrors, Unfinished, UsageError
from seapo_cli.jsonl import Output, encode, encode_all, input_size, open_input, read_lines
from seapo_cli.records import Keys

SHOWN_REASONS = 5
"""Failed rows that are told on stderr, where no errors file keeps them."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where a run reads and writes; `-` is stdin or stdout."""

    input: str = "-"
    output: str = "-"
    errors: Path | None = None
    summary: Path | None = None
    rejected: str | None = None

    @property
    def input_name(self) -> str:
        return "stdin" if self.input == "-" else self.input


@dataclass(frozen=True, slots=True)
class Job:
    """A stage with all that it needs to run."""

    stage: AnyStage
    files: Files
    keys: Keys
    model: ModelUse | None = None
    """None for a `LocalStage` or a `WaitingStage`."""
    max_errors: int | None = None
    """Stop once more rows than this have failed."""

    def run(self) -> Tally:
        """Run to the end.

        Raises:
            SeapoError: the run could not be finished; the store keeps what was answered.
            KeyboardInterrupt: Ctrl-C.
        """
        return asyncio.run(self._run())

    async def _run(self) -> Tally:
        tally = new_tally(self.model)
        with open_run(self.stage, self.files, tally, self.max_errors) as run:
            await self.stream(run)
            if tally.rows_pending:
                raise Unfinished(self._what_is_pending(tally))
        return tally

    def _what_is_pending(self, tally: Tally) -> str:
        """What to do about rows that wait for a batch."""
        text = f"{tally.rows_pending:,} rows wait for answers"
        out = self.model.backend.batch_out if self.model else None
        if out is None:
            return f"{text}: --batch-out FILE writes the requests for them"
        return f"{text}: have {numbered(out, '*')} answered, then add --batch-in RESULTS"

    async def stream(self, run: Run) -> None:
        """Send all lines through the stage."""
        lines = read_lines(run.source)
        async with AsyncExitStack() as stack:
            writer = stack.enter_context(closing(DaemonThread()))
            opened = open_results(self.stage, lines, self.keys, self.model, run.tally)
            async for batch in await stack.enter_async_context(opened):
                rows = [row for result in batch for row in result.outcome.rows]
                dropped = [row for result in batch for row in result.outcome.rejected]
                await _write(run.output, rows, writer)
                if run.rejected is not None:
                    await _write(run.rejected, dropped, writer)
                run.tally.rows_in += len(batch)
                run.tally.rows_out += len(rows)
                run.tally.rows_rejected += len(dropped)
                run.tally.bytes_done = batch[-1].line.end
                run.report.add(batch)
                run.progress.update()


class Sink(Protocol):
    """Where rows go."""

    may_block: bool

    def write(self, data: bytes | bytearray) -> None:
        """Write all of `data`."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run holds open: its files, and where it tells how it goes."""

    source: BinaryIO
    output: Sink
    rejected: Sink | None
    report: FailureReport
    tally: Tally
    progress: Progress


@contextmanager
def open_run(
    stage: Named, files: Files, tally: Tally, max_errors: int | None, passes: int = 1
) -> Iterator[Run]:
    """Open what a stage needs that reads its input `passes` times.

    When the block ends, the outputs get their names (unless by an error), and the summary is
    written. A reader that closed the pipe is no error.
    """
    with ExitStack() as stack:
        source = stack.enter_context(open_input(files.input))
        errors = stack.enter_context(_errors_file(files.errors))
        stack.callback(write_summary, files.summary, tally, stage)
        output = stack.enter_context(Output(files.output))
        rejected = stack.enter_context(Output(files.rejected)) if files.rejected else None
        size = input_size(source)
        progress = stack.enter_context(Progress(stage.name, tally, size and size * passes))
        report = FailureReport(stage.name, files.input_name, tally, progress, errors, max_errors)
        try:
            yield Run(source, output, rejected, report, tally, progress)
        except BrokenPipeError:
            progress.say("the reader closed the pipe: stopped")
        if isinstance(stage, Reporting) and (text := stage.told()):
            progress.say(text)


def write_summary(path: Path | None, tally: Tally, stage: Named, **more: int) -> None:
    """Write the closing summary, if it is wanted."""
    if path:
        found = tally.summary() | more
        if isinstance(stage, Reporting):
            found |= stage.figures()
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        path.write_bytes(orjson.dumps(found, option=options))


@dataclass(slots=True)
class FailureReport:
    """Failed rows: to the errors file, or the first reasons to stderr."""

    stage: str
    input_name: str
    tally: Tally
    progress: Progress
    file: BinaryIO | None
    max_errors: int | None
    _shown: int = 0

    def add(self, batch: Sequence[Result]) -> None:
        """Report the failures among some results.

        Raises:
            TooManyErrors: more rows failed than `--max-errors`.
        """
        for result in batch:
            failures = [found for found in result.outcome.failures if not found.pending]
            self.tally.rows_pending += len(failures) < len(result.outcome.failures)
            if failures:
                self.tally.rows_failed += not all(found.declined for found in failures)
                self._tell(result, failures)
        most = self.max_errors
        if most is not None and self.tally.rows_failed > most:
            raise TooManyErrors(f"stopped: more rows failed than --max-errors {most} allows")

    def _tell(self, result: Result, failures: Sequence[Failure]) -> None:
        name, number = self.input_name, result.line.number
        for failure in failures:
            if self.file:
                self.file.write(encode(self._entry(result, failure)))
            elif failure.declined:
                continue  # the stage's own report counts them
            elif self._shown < SHOWN_REASONS:
                kind = f"{failure.error_type}: " if failure.error_type else ""
                self.progress.say(f"{name}:{number}: {kind}{failure.reason}")
            elif self._shown == SHOWN_REASONS:
                self.progress.say("further failures are only counted; --errors FILE keeps them")
            self._shown += 1
        if self.file:
            self.file.flush()

    def _entry(self, result: Result, failure: Failure) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "file": self.input_name,
            "line": result.line.number,
            "id": result.row_id,
            "stage": self.stage,
        }
        if failure.error_type:
            entry["error_type"] = failure.error_type
        if failure.declined:
            entry["declined"] = True
        return entry | {"reason": failure.reason, "row": result.line.data}


async def _write(output: Sink, rows: Sequence[dict[str, Any]], writer: DaemonThread) -> None:
    """Write rows; in the thread where that may take long.

    A full pipe must not stop the loop: open requests would time out.
    """
    if data := encode_all(rows):
        if output.may_block:
            await writer.call(output.write, data)
        else:
            output.write(data)


@contextmanager
def _errors_file(path: Path | None) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise UsageError(f"--errors: {path}: {error.strerror}") from None
    with file:
        yield file
