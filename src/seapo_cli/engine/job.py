"""One run of a stage from file to file: what the subcommands have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from seapo_cli.backends.batch import numbered
from seapo_cli.engine.pipeline import (
    Failure,
    LocalStage,
    Result,
    Stage,
    local_results,
    results,
)
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import open_gateway
from seapo_cli.engine.tally import Tally
from seapo_cli.engine.threads import DaemonThread
from seapo_cli.errors import TooManyErrors, Unfinished, UsageError
from seapo_cli.jsonl import Output, encode, encode_all, input_size, open_input, read_lines
from seapo_cli.records import Keys
from seapo_cli.settings import BackendSettings, EngineSettings

_SHOWN_REASONS = 5


@dataclass(frozen=True, slots=True)
class Files:
    """Where a run reads and writes; `-` is stdin or stdout."""

    input: str = "-"
    output: str = "-"
    errors: Path | None = None
    summary: Path | None = None

    @property
    def input_name(self) -> str:
        return "stdin" if self.input == "-" else self.input


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model a stage asks, and how."""

    backend: BackendSettings
    engine: EngineSettings


@dataclass(frozen=True, slots=True)
class Job:
    """A stage with all that it needs to run."""

    stage: Stage | LocalStage
    files: Files
    keys: Keys
    model: ModelUse | None = None
    """None runs the stage as a `LocalStage`."""
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
            progress = stack.enter_context(Progress(self.stage.name, tally, input_size(source)))
            report = _FailureReport(self, tally, progress, errors)
            try:
                await self._stream(source, output, report, tally, progress)
            except BrokenPipeError:
                progress.say("the reader closed the pipe: stopped")
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

    async def _stream(
        self,
        source: BinaryIO,
        output: Output,
        report: _FailureReport,
        tally: Tally,
        progress: Progress,
    ) -> None:
        writer = DaemonThread()
        async with self._results(source, tally) as batches:
            async for batch in batches:
                rows = [row for result in batch for row in result.outcome.rows]
                if data := encode_all(rows):
                    # A full pipe must not stop the loop: open requests would time out.
                    if output.may_block:
                        await writer.call(output.write, data)
                    else:
                        output.write(data)
                tally.rows_in += len(batch)
                tally.rows_out += len(rows)
                tally.bytes_done = batch[-1].line.end
                report.add(batch)
                progress.update()

    @asynccontextmanager
    async def _results(
        self, source: BinaryIO, tally: Tally
    ) -> AsyncIterator[AsyncIterator[list[Result]]]:
        lines = read_lines(source)
        if self.model is None:
            yield local_results(lines, cast("LocalStage", self.stage), self.keys)
            return
        async with open_gateway(self.model.backend, self.model.engine, tally) as gateway:
            yield results(lines, cast("Stage", self.stage), gateway, self.keys)

    def _write_summary(self, tally: Tally) -> None:
        if self.files.summary:
            self.files.summary.write_bytes(
                orjson.dumps(
                    tally.summary(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
                )
            )


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
            failures = [found for found in result.outcome.failures if not found.pending]
            self._tally.rows_pending += len(failures) < len(result.outcome.failures)
            if failures:
                self._tally.rows_failed += 1
                self._tell(result, failures)
        most = self._job.max_errors
        if most is not None and self._tally.rows_failed > most:
            raise TooManyErrors(f"stopped: more rows failed than --max-errors {most} allows")

    def _tell(self, result: Result, failures: Sequence[Failure]) -> None:
        name, number = self._job.files.input_name, result.line.number
        for failure in failures:
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
