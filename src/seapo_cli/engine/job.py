"""One run of a stage from file to file: what the subcommands have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from seapo_cli.engine.pipeline import (
    AnyStage,
    Reporting,
    Result,
)
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import ModelUse, open_results
from seapo_cli.engine.tally import Tally
from seapo_cli.engine.threads import DaemonThread
from seapo_cli.errors import TooManyErrors, UsageError
from seapo_cli.jsonl import Output, encode, encode_all, input_size, open_input, read_lines
from seapo_cli.records import Keys

_SHOWN_REASONS = 5


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
        engine = self.model.engine if self.model else None
        tally = Tally(engine.price_in, engine.price_out) if engine else Tally()
        with ExitStack() as stack:
            source = stack.enter_context(open_input(self.files.input))
            errors = stack.enter_context(_errors_file(self.files.errors))
            stack.callback(self._write_summary, tally)
            output = stack.enter_context(Output(self.files.output))
            rejected = stack.enter_context(_rejected_file(self.files.rejected))
            progress = stack.enter_context(Progress(self.stage.name, tally, input_size(source)))
            report = _FailureReport(self, tally, progress, errors)
            try:
                await self._stream(source, output, rejected, report, tally, progress)
            except BrokenPipeError:
                progress.say("the reader closed the pipe: stopped")
            if isinstance(self.stage, Reporting):
                progress.say(self.stage.told())
        return tally

    async def _stream(
        self,
        source: BinaryIO,
        output: Output,
        rejected: Output | None,
        report: _FailureReport,
        tally: Tally,
        progress: Progress,
    ) -> None:
        writer = DaemonThread()
        lines = read_lines(source)
        async with open_results(self.stage, lines, self.keys, self.model, tally) as batches:
            async for batch in batches:
                rows = [row for result in batch for row in result.outcome.rows]
                dropped = [row for result in batch for row in result.outcome.rejected]
                await _write(output, rows, writer)
                if rejected is not None:
                    await _write(rejected, dropped, writer)
                tally.rows_in += len(batch)
                tally.rows_out += len(rows)
                tally.rows_rejected += len(dropped)
                tally.bytes_done = batch[-1].line.end
                report.add(batch)
                progress.update()

    def _write_summary(self, tally: Tally) -> None:
        if self.files.summary:
            found = tally.summary()
            if isinstance(self.stage, Reporting):
                found |= self.stage.figures()
            options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
            self.files.summary.write_bytes(orjson.dumps(found, option=options))


class _FailureReport:
    """Failed rows: to the errors file, or the first reasons to stderr."""

    def __init__(self, job: Job, tally: Tally, progress: Progress, file: BinaryIO | None) -> None:
        self._job = job
        self._tally = tally
        self._progress = progress
        self._file = file
        self._shown = 0

    def add(self, batch: Sequence[Result]) -> None:
        """Report the failures among some results.

        Raises:
            TooManyErrors: more rows failed than `--max-errors`.
        """
        for result in batch:
            if result.outcome.failures:
                self._tally.rows_failed += 1
                self._tell(result)
        most = self._job.max_errors
        if most is not None and self._tally.rows_failed > most:
            raise TooManyErrors(f"stopped: more rows failed than --max-errors {most} allows")

    def _tell(self, result: Result) -> None:
        name, number = self._job.files.input_name, result.line.number
        for failure in result.outcome.failures:
            if self._file:
                self._file.write(encode(self._entry(result, failure.reason, failure.error_type)))
            elif self._shown < _SHOWN_REASONS:
                kind = f"{failure.error_type}: " if failure.error_type else ""
                self._progress.say(f"{name}:{number}: {kind}{failure.reason}")
            elif self._shown == _SHOWN_REASONS:
                self._progress.say("further failures are only counted; --errors FILE keeps them")
            self._shown += 1
        if self._file:
            self._file.flush()

    def _entry(self, result: Result, reason: str, error_type: str | None) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "file": self._job.files.input_name,
            "line": result.line.number,
            "id": result.row_id,
            "stage": self._job.stage.name,
        }
        if error_type:
            entry["error_type"] = error_type
        return entry | {"reason": reason, "row": result.line.data}


async def _write(output: Output, rows: Sequence[dict[str, Any]], writer: DaemonThread) -> None:
    """Write rows; in the thread where that may take long.

    A full pipe must not stop the loop: open requests would time out.
    """
    if data := encode_all(rows):
        if output.may_block:
            await writer.call(output.write, data)
        else:
            output.write(data)


@contextmanager
def _rejected_file(name: str | None) -> Iterator[Output | None]:
    if name is None:
        yield None
        return
    with Output(name) as output:
        yield output


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
