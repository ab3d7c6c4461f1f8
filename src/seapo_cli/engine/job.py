"""One run of a stage from file to file: what the subcommands have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from seapo_cli.backends.batch import check_request_files, found_results, numbered
from seapo_cli.engine.pipeline import (
    AnyStage,
    Failure,
    Named,
    Outcome,
    Reporting,
    Result,
)
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import ModelUse, new_tally, open_results
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import (
    NothingDone,
    ReaderGone,
    RowError,
    SeapoError,
    TooManyErrors,
    Unfinished,
)
from seapo_cli.io.folders import shown
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import (
    Output,
    encode_all,
    input_name,
    input_size,
    open_input,
    read_lines,
)
from seapo_cli.io.same_files import Place, numbered_files, reads, refuse_equal, store_files, writes
from seapo_cli.io.threads import DaemonThread
from seapo_cli.rows import Keys
from seapo_cli.text.safe import masked

SHOWN_REASONS = 5
"""Different reasons that are told on stderr, where no errors file keeps them."""


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
        return input_name(self.input)

    def refuse_equal(
        self,
        model: ModelUse | None,
        read: Sequence[Place] = (),
        written: Sequence[Place] = (),
    ) -> None:
        """Check that no output is another file of the run; `read` and `written` are more of them.

        Raises:
            UsageError: two are the same, or a batch would overwrite what seapo did not write.
        """
        inputs = [*reads("", [self.input]), *read]
        outputs = [*writes("-o", self.output), *writes("--errors", self.errors)]
        outputs += [*writes("--rejected", self.rejected), *writes("--summary", self.summary)]
        if model:
            inputs += reads("--batch-in", found_results(model.backend.batch_in))
            outputs += store_files(model.engine.store)
            outputs += numbered_files("--batch-out", model.backend.batch_out)
        refuse_equal(inputs, [*outputs, *written])
        if model and model.backend.batch_out:
            check_request_files(model.backend.batch_out)


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
        self.files.refuse_equal(self.model)
        return asyncio.run(self._run())

    async def _run(self) -> Tally:
        tally = new_tally(self.model)
        with open_run(self.stage, self.files, tally, self.max_errors) as run:
            await self.stream(run)
            if tally.rows_pending:
                raise Unfinished(self._what_is_pending(tally))
            run.report.need_success()
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
            async for found in await stack.enter_async_context(opened):
                batch, rows, dropped = _encoded(found)
                await _write(run.output, rows, writer)
                if run.rejected is not None:
                    await _write(run.rejected, dropped, writer)
                run.tally.rows_in += len(batch)
                run.tally.rows_out += sum(len(result.outcome.rows) for result in batch)
                run.tally.rows_rejected += sum(len(result.outcome.rejected) for result in batch)
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
    stage: Named,
    files: Files,
    tally: Tally,
    max_errors: int | None,
    passes: int = 1,
    others: Sequence[str] = (),
) -> Iterator[Run]:
    """Open what a stage needs that reads its input `passes` times.

    When the block ends, the outputs get their names (unless by an error); the errors file and the
    summary get theirs in any case. A reader that closed the pipe is not an error, unless other
    files were wanted (`others` are those that the block opens itself): they are not whole.
    """
    wanted = [name for name in (files.rejected, *others) if name]
    with reader_may_go(wanted), ExitStack() as stack:
        source = stack.enter_context(open_input(files.input))
        errors, summary = (
            stack.enter_context(Output(str(path), option)) if path else None
            for option, path in (("--errors", files.errors), ("--summary", files.summary))
        )
        if summary:
            stack.callback(write_summary, summary, tally, stage)
        output = stack.enter_context(Output(files.output))
        rejected = files.rejected and stack.enter_context(Output(files.rejected, "--rejected"))
        for report in (errors, summary):
            if report:
                report.always = True  # from here on there is something to report
        size = input_size(source)
        bar = Progress(
            stage.name, tally, size and size * passes, rows_on_stdout=files.output == "-"
        )
        progress = stack.enter_context(bar)
        failures = FailureReport(stage.name, files.input_name, tally, progress, errors, max_errors)
        stack.callback(failures.close)
        try:
            yield Run(source, output, rejected or None, failures, tally, progress)
        except ReaderGone:
            progress.say("the reader closed the pipe: stopped")
            raise
        if isinstance(stage, Reporting) and (text := stage.summary_text()):
            progress.say(text)
        if not tally.rows_in:
            progress.say(f"{files.input_name} holds no rows")


@contextmanager
def reader_may_go(wanted: Sequence[str]) -> Iterator[None]:
    """A closed stdout ends a run well, as in `seapo ... | head`, where nothing else was wanted."""
    try:
        yield
    except ReaderGone:
        if wanted:
            names = ", ".join(map(shown, wanted))
            raise SeapoError(
                f"the reader of stdout closed it before all was written: {names} not whole"
            ) from None


def write_summary(file: Sink, tally: Tally, stage: Named, **more: int) -> None:
    """Write the closing summary."""
    found = tally.summary() | more
    if isinstance(stage, Reporting):
        found |= stage.summary()
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    file.write(masked(orjson.dumps(found, option=options)))


@dataclass(slots=True)
class FailureReport:
    """Failed rows: to the errors file, or the first reasons to stderr."""

    stage: str
    input_name: str
    tally: Tally
    progress: Progress
    file: Sink | None
    max_errors: int | None
    _shown: dict[str, int] = field(default_factory=dict)
    """How often each reason came that is told."""
    _untold: bool = False

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

    def need_success(self, others: int = 0) -> None:
        """Check that something came of the rows, if there were any; `others` went elsewhere.

        Raises:
            NothingDone: they all failed.
        """
        tally = self.tally
        if tally.rows_failed and not (tally.rows_out or tally.rows_rejected or others):
            told = f"no row succeeded, {tally.rows_failed:,} failed"
            if self.file:  # else it has been told
                told += f", the first: {next(iter(self._shown))}"
            raise NothingDone(told)

    def close(self) -> None:
        """Tell how often the reasons came that were told once."""
        if self.file:
            return
        for reason, count in self._shown.items():
            if count > 1:
                self.progress.say(f"{self.input_name}: {count - 1:,} more: {reason}")

    def _tell(self, result: Result, failures: Sequence[Failure]) -> None:
        for failure in failures:
            if failure.declined and not self.file:
                continue  # the stage's own report counts them
            kind = f"{failure.error_type}: " if failure.error_type else ""
            reason = f"{kind}{failure.reason}"
            new = reason not in self._shown
            if not new or len(self._shown) < SHOWN_REASONS:
                self._shown[reason] = self._shown.get(reason, 0) + 1
            if self.file:
                self.file.write(self._entry(result, failure))
            elif reason in self._shown:
                if new:
                    self.progress.say(f"{self.input_name}:{result.line.number}: {reason}")
            elif not self._untold:
                self._untold = True
                self.progress.say("further reasons are not told; --errors FILE keeps all")

    def _entry(self, result: Result, failure: Failure) -> bytes:
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
        entry["reason"] = failure.reason
        try:
            return encode(entry | {"row": result.line.data})
        except RowError:  # nested so deeply that it cannot be written here either
            return encode(entry | {"row": None})


def _encoded(batch: list[Result]) -> tuple[list[Result], bytes, bytes]:
    """Results, and the lines of their rows and rejected rows; what cannot be written has failed."""
    try:
        rows = encode_all(row for result in batch for row in result.outcome.rows)
        return batch, rows, encode_all(row for one in batch for row in one.outcome.rejected)
    except RowError:
        found = [_writable(result) for result in batch]
        rows = encode_all(row for result in found for row in result.outcome.rows)
        return found, rows, encode_all(row for one in found for row in one.outcome.rejected)


def _writable(result: Result) -> Result:
    try:
        encode_all([*result.outcome.rows, *result.outcome.rejected])
    except RowError as error:
        return replace(result, outcome=Outcome(failures=[Failure(str(error))]))
    return result


async def _write(output: Sink, data: bytes, writer: DaemonThread) -> None:
    """Write rows; in the thread where that may take long.

    A full pipe must not stop the loop: open requests would time out.
    """
    if not data:
        return
    if output.may_block:
        await writer.call(output.write, data)
    else:
        output.write(data)
