"""Failed rows: to the errors file, or the first reasons to stderr; and their effect at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.engine.files import Sink
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.stage import Failure, Result
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import NothingDone, RowError, TooManyErrors, Unfinished
from seapo_cli.io.json_text import encode

SHOWN_REASONS = 5
"""How many distinct reasons are reported on stderr when no errors file keeps them."""


@dataclass(slots=True)
class FailureReport:
    """Counted and reported during a run."""

    stage: str
    input_name: str
    tally: Tally
    progress: Progress
    file: Sink | None
    max_errors: int | None
    _shown: dict[str, int] = field(default_factory=dict)
    """How often each reported reason occurred."""
    _untold: bool = False
    _awaited: str = ""
    """What to do about pending rows."""

    def add(self, batch: Sequence[Result]) -> None:
        """Report the failures among some results.

        Raises:
            TooManyErrors: more rows failed than `--max-errors`.
        """
        for result in batch:
            if result.outcome.failures:
                self._add(result)
        most = self.max_errors
        if most is not None and self.tally.rows_failed > most:
            raise TooManyErrors(f"stopped: more rows failed than --max-errors {most} allows")

    def _add(self, result: Result) -> None:
        failures = []
        for found in result.outcome.failures:
            if found.pending:
                self._awaited = found.reason
            else:
                failures.append(found)
        self.tally.rows_pending += len(failures) < len(result.outcome.failures)
        if failures:
            self.tally.rows_failed += not all(found.declined for found in failures)
            self._tell(result, failures)

    def conclude(self) -> None:
        """Check that all rows are finished, and that any of them succeeded if there were any.

        Raises:
            Unfinished: some are waiting for answers.
            NothingDone: they all failed.
        """
        tally = self.tally
        if tally.rows_pending:
            raise Unfinished(f"{tally.rows_pending:,} rows wait for answers: {self._awaited}")
        if tally.nothing_done:
            told = f"no row succeeded, {tally.rows_failed:,} failed"
            if self.file:  # otherwise it has been reported
                told += f", the first: {next(iter(self._shown))}"
            raise NothingDone(told)

    def close(self) -> None:
        """Report how often the reasons occurred that were reported once."""
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
                self.progress.say("further reasons are not shown; --errors FILE keeps all")

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
