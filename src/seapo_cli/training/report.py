"""What the user sees: metrics as JSONL on stdout and in a file, progress and notes on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import orjson
import rich.progress
from rich.console import Console

from seapo_cli.exceptions import SeapoError
from seapo_cli.io.json_text import encode
from seapo_cli.training.trackers import Tracker, flat

METRICS_FILE = "train_metrics.jsonl"
_LINE_SECONDS = 30.0


class Report:
    """The output of a run; silent in every process but the first."""

    def __init__(self, output_dir: Path, trackers: list[Tracker], speaks: bool) -> None:
        self._path = output_dir / METRICS_FILE
        self._trackers = trackers
        self._speaks = speaks
        self._bar: rich.progress.Progress | None = None
        self._task = ""
        self._done, self._total, self._next_line = 0, 0, 0.0

    def __enter__(self) -> Self:
        if self._speaks:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o666)
            # Rows on the same terminal would tear the bar apart.
            if sys.stderr.isatty() and not sys.stdout.isatty():
                self._bar = _bar()
                self._bar.start()
        return self

    def goto(self, size: int) -> None:
        """Drop metrics after a checkpoint: they will be written again."""
        if self._speaks:
            size = min(size, os.fstat(self._file).st_size)  # the user may have removed the file
            os.ftruncate(self._file, size)
            os.lseek(self._file, size, os.SEEK_SET)

    def last(self) -> dict[str, Any]:
        """The figures of the last step that was reported, by this run or an earlier one."""
        rows = [orjson.loads(line) for line in self._path.read_bytes().splitlines()]
        if not rows:
            return {}
        last = [row for row in rows if row["step"] == rows[-1]["step"]]
        return {name: one for row in last for name, one in row.items() if name != "step"}

    def size(self) -> int:
        """Bytes of metrics so far."""
        return os.lseek(self._file, 0, os.SEEK_CUR) if self._speaks else 0

    def metrics(self, step: int, figures: Mapping[str, Any]) -> None:
        """Report the figures of a step or an evaluation.

        Raises:
            SeapoError: they cannot be written.
        """
        if not self._speaks:
            return
        line = encode({"step": step, **figures})
        try:
            # stdout first: a closed reader is not a failure in itself.
            _print(line)
            os.write(self._file, line)
        except OSError as error:
            raise SeapoError(f"{self._path}: cannot write: {error.strerror}") from None
        for tracker in self._trackers:
            tracker.log(step, flat(figures))

    def begin(self, task: str, total: int, done: int = 0) -> None:
        """Begin a task of `total` units."""
        self._task, self._done, self._total = task, done, total
        self._next_line = time.monotonic() + _LINE_SECONDS
        if self._bar:
            for old in self._bar.task_ids:
                self._bar.remove_task(old)
            self._bar.add_task(task, total=total, completed=done, told="")

    def advance(self, units: int, told: str = "") -> None:
        """Report that some units are done."""
        self._done += units
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self._done, told=told)
        elif self._speaks and time.monotonic() > self._next_line:
            self._next_line = time.monotonic() + _LINE_SECONDS
            self.say(f"{self._task} {self._done:,} of {self._total:,} {told}".rstrip())

    def say(self, text: str) -> None:
        """One line on stderr, above the bar if there is one."""
        if not self._speaks:
            return
        if self._bar:
            self._bar.console.print(f"seapo train: {text}", markup=False, highlight=False)
        else:
            print(f"seapo train: {text}", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None
        for tracker in self._trackers:
            tracker.close()
        if self._speaks:
            os.close(self._file)


def _print(line: bytes) -> None:
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # `seapo train ... | head`: go on training, and do not fail at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _bar() -> rich.progress.Progress:
    columns = rich.progress
    return columns.Progress(
        columns.TextColumn("seapo train: {task.description}"),
        columns.BarColumn(),
        columns.MofNCompleteColumn(),
        columns.TextColumn("{task.fields[told]}"),
        columns.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=4,
    )
