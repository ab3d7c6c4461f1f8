"""The files of a run: no two are the same, and each is complete or has no name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from seapo_cli.backends import check_places, places
from seapo_cli.engine.session import ModelUse
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import ReaderGone, SeapoError
from seapo_cli.io.folders import shown
from seapo_cli.io.jsonl import Output
from seapo_cli.io.same_files import Place, reads, refuse_equal, store_files, writes
from seapo_cli.text.safe import masked


@dataclass(frozen=True, slots=True)
class Files:
    """Where a run reads and writes; `-` is stdin or stdout."""

    input: str = "-"
    output: str = "-"
    errors: Path | None = None
    summary: Path | None = None
    rejected: str | None = None
    evaluation: str | None = None
    """Where rows held out for evaluation go."""
    limit: int | None = None
    """Maximum number of input rows to read."""
    also_read: Sequence[Place] = ()
    also_written: Sequence[Place] = ()
    """Inputs that the stage opens itself."""

    @property
    def written(self) -> list[Place]:
        """Everything it writes, except the store and a backend's own files."""
        return [
            *writes("-o", self.output),
            *writes("--errors", self.errors),
            *writes("--rejected", self.rejected),
            *writes("--eval-output", self.evaluation),
            *writes("--summary", self.summary),
            *self.also_written,
        ]

    def refuse_equal(self, model: ModelUse | None) -> None:
        """Check that no output is the same as another file of the run.

        Raises:
            UsageError: two are the same, or one would overwrite what seapo did not write.
        """
        read, written = [*reads("", [self.input]), *self.also_read], self.written
        if model:
            own_read, own_written = places(model.backend)
            read += own_read
            written += [*store_files(model.engine.store), *own_written]
        refuse_equal(read, written)
        if model:
            check_places(model.backend)


class Sink(Protocol):
    """Where rows go."""

    may_block: bool

    def write(self, data: bytes | bytearray) -> None:
        """Write all of `data`."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of a run."""

    rows: Sink
    errors: Sink | None = None
    rejected: Sink | None = None
    evaluation: Sink | None = None


@contextmanager
def open_outputs(
    files: Files, tally: Tally, figures: Callable[[], Mapping[str, Any]]
) -> Iterator[Outputs]:
    """Open everything a run writes; `figures` are what the summary reports besides the tally.

    When the block ends, the outputs get their names (unless it raised); the errors file and the
    summary get theirs in any case, unless it raised before a row or a request: those of an earlier
    run stay.
    """
    with ExitStack() as stack:

        def opened(name: str | Path | None, option: str) -> Output | None:
            return stack.enter_context(Output(str(name), option)) if name else None

        errors, summary = opened(files.errors, "--errors"), opened(files.summary, "--summary")

        @stack.callback
        def summarize() -> None:
            if summary and summary.always:
                write_summary(summary, tally, figures())

        rows = stack.enter_context(Output(files.output))
        rejected = opened(files.rejected, "--rejected")
        evaluation = opened(files.evaluation, "--eval-output")
        began = True
        try:
            yield Outputs(rows, errors, rejected, evaluation)
        except BaseException:
            began = bool(tally.rows_in or tally.requests_sent)
            raise
        finally:
            for report in filter(None, (errors, summary)):
                report.always = began


@contextmanager
def reader_may_go(wanted: Sequence[str]) -> Iterator[None]:
    """A closed stdout ends a run normally, as in `seapo ... | head`, if it was the only output."""
    try:
        yield
    except ReaderGone:
        if wanted:
            names = ", ".join(map(shown, wanted))
            raise SeapoError(
                f"the reader closed stdout before everything was written: {names} incomplete"
            ) from None


def write_summary(file: Sink, tally: Tally, figures: Mapping[str, Any]) -> None:
    """Write the closing summary."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    file.write(masked(orjson.dumps({**tally.summary(), **figures}, option=options)))
