"""One run of a stage from file to file: what the subcommands have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from seapo_cli.engine.failures import FailureReport
from seapo_cli.engine.files import Files, Outputs, Sink, open_outputs, reader_may_go
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import ModelUse, new_tally, open_results
from seapo_cli.engine.stage import Failure, Outcome, Result, Stage
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import ReaderGone, RowError
from seapo_cli.io.jsonl import (
    encode_all,
    first_lines,
    input_name,
    input_size,
    open_input,
    read_lines,
)
from seapo_cli.io.threads import DaemonThread
from seapo_cli.rows import Keys


def run_stage(
    stage: Stage,
    files: Files,
    keys: Keys,
    model: ModelUse | None = None,
    max_errors: int | None = None,
) -> Tally:
    """Run a stage to the end; it stops once more rows than `max_errors` have failed.

    Raises:
        SeapoError: the run could not be finished; the store keeps what was answered.
        KeyboardInterrupt: Ctrl-C.
    """
    files.refuse_equal(model)
    with _open_run(stage, files, keys, model, max_errors) as run:
        stage.run(run)
        run.report.conclude()
    return run.tally


@dataclass(frozen=True, slots=True)
class Run:
    """A stage with what it holds open: its files, and where it reports progress."""

    stage: Stage
    keys: Keys
    model: ModelUse | None
    """None if the stage asks no model."""
    source: BinaryIO
    outputs: Outputs
    report: FailureReport
    progress: Progress
    tally: Tally
    limit: int | None = None
    """Rows that are read at most."""

    async def stream(self) -> None:
        """Send all lines through the stage.

        Raises:
            SeapoError: the run cannot go on.
        """
        lines = first_lines(read_lines(self.source), self.limit)
        opened = open_results(self.stage, lines, self.keys, self.model, self.tally)
        with closing(DaemonThread()) as writer:
            async with opened as batches:
                async for batch in batches:
                    await self._take(batch, writer)

    async def _take(self, batch: list[Result], writer: DaemonThread) -> None:
        batch, rows, rejected = _encoded(batch)
        await _write(self.outputs.rows, rows, writer)
        if self.outputs.rejected is not None:
            await _write(self.outputs.rejected, rejected, writer)
        tally = self.tally
        tally.rows_in += len(batch)
        tally.rows_out += sum(len(result.outcome.rows) for result in batch)
        tally.rows_rejected += sum(len(result.outcome.rejected) for result in batch)
        tally.bytes_done = batch[-1].line.end
        self.report.add(batch)
        self.progress.update()


@contextmanager
def _open_run(
    stage: Stage, files: Files, keys: Keys, model: ModelUse | None, max_errors: int | None
) -> Iterator[Run]:
    """Open what a stage needs; see `open_outputs` for when the block ends.

    A reader that closed the pipe is not an error, unless there are other outputs: they are not
    complete.
    """
    tally = new_tally(model)
    wanted = [name for name in (files.rejected, files.evaluation) if name]
    with reader_may_go(wanted), ExitStack() as stack:
        source = stack.enter_context(open_input(files.input))
        outputs = stack.enter_context(open_outputs(files, tally, stage.summary))
        # How much of it the first rows are, nobody knows before.
        size = 0 if files.limit else (input_size(source) or 0) * stage.passes
        bar = Progress(stage.name, tally, size or None, rows_on_stdout=files.output == "-")
        progress = stack.enter_context(bar)
        name = input_name(files.input)
        report = FailureReport(stage.name, name, tally, progress, outputs.errors, max_errors)
        stack.callback(report.close)
        try:
            yield Run(stage, keys, model, source, outputs, report, progress, tally, files.limit)
        except ReaderGone:
            progress.say("the reader closed the pipe: stopped")
            raise
        if text := stage.summary_text():
            progress.say(text)
        if not tally.rows_in:
            progress.say(f"{name} holds no rows")


def _encoded(batch: list[Result]) -> tuple[list[Result], bytes, bytes]:
    """Results, with the lines of their rows and rejected rows; rows that cannot be written fail."""
    try:
        return batch, *_lines(batch)
    except RowError:
        found = [_writable(result) for result in batch]
        return found, *_lines(found)


def _lines(batch: Sequence[Result]) -> tuple[bytes, bytes]:
    rows = encode_all(row for result in batch for row in result.outcome.rows)
    return rows, encode_all(row for result in batch for row in result.outcome.rejected)


def _writable(result: Result) -> Result:
    try:
        encode_all([*result.outcome.rows, *result.outcome.rejected])
    except RowError as error:
        return replace(result, outcome=Outcome(failures=[Failure(str(error))]))
    return result


async def _write(output: Sink, data: bytes, writer: DaemonThread) -> None:
    """Write rows; in a thread if that may take long.

    A full pipe must not stop the loop: open requests would time out.
    """
    if not data:
        return
    if output.may_block:
        await writer.call(output.write, data)
    else:
        output.write(data)
