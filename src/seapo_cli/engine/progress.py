"""Progress and the closing summary, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self, TextIO

from seapo_cli.engine.tally import Tally
from seapo_cli.text.safe import safe

if TYPE_CHECKING:
    import rich.progress

_BAR_SECONDS = 0.25
_LINE_SECONDS = 30.0


class Progress:
    """A bar on a terminal; off a terminal a plain line now and then; a summary at the end.

    Both show rows, rate, tokens/s, failures and, if the input's size is known, the time left.
    """

    def __init__(
        self, name: str, tally: Tally, total_bytes: int | None, *, rows_on_stdout: bool = True
    ) -> None:
        self._name = name
        self._rows_on_stdout = rows_on_stdout
        self._tally = tally
        self._total = total_bytes
        self._bar: rich.progress.Progress | None = None
        self._next = 0.0
        self.head = ""
        """What to show before the rest, such as shards."""

    def __enter__(self) -> Self:
        # Rows on the same terminal would tear the bar apart.
        torn = self._rows_on_stdout and _is_terminal(sys.stdout)
        if _is_terminal(sys.stderr) and not torn:
            self._bar = _bar(self._told)
            self._bar.add_task(self._name, total=self._total)
            self._bar.start()
        self._next = time.monotonic() + self._interval
        return self

    @property
    def _interval(self) -> float:
        return _BAR_SECONDS if self._bar else _LINE_SECONDS

    def update(self) -> None:
        """Show the state of the tally, if an update is due."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._interval
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self._tally.bytes_done)
        else:
            told, left = self._told(), self._seconds_left()
            self.say(told if left is None else f"{told}, {_duration(left)} left")

    def say(self, text: str) -> None:
        """Print one line, above the bar if there is one."""
        line = safe(f"seapo {self._name}: {text}")
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr, flush=True)

    def _told(self) -> str:
        tally = self._tally
        seconds = max(tally.seconds, 1e-9)
        if not tally.rows_in:  # a model loads, or a server thinks
            return f"{self.head}no rows yet, {_duration(seconds)}"
        told = f"{self.head}{tally.rows_in:,} rows, {tally.rows_in / seconds:,.1f} rows/s"
        if tally.asked:
            told += f", {tally.usage.completion_tokens / seconds:,.0f} tokens/s"
        return told + (f", {tally.rows_failed:,} failed" if tally.rows_failed else "")

    def _seconds_left(self) -> float | None:
        done = self._tally.bytes_done
        if not self._total or not done:
            return None
        return self._tally.seconds * max(0, self._total - done) / done

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None
        self.say(self._closing())

    def _closing(self) -> str:
        tally = self._tally
        text = f"{self.head}{tally.rows_in:,} rows in, {tally.rows_out:,} out"
        if tally.rows_rejected:
            text += f", {tally.rows_rejected:,} rejected"
        text += f", {tally.rows_failed:,} failed"
        return f"{text}{self._asked() if tally.asked else ''}; {_duration(tally.seconds)}"

    def _asked(self) -> str:
        """The requests to a model, and their cost."""
        tally = self._tally
        text = f"; {tally.requests_sent:,} requests, {tally.from_store:,} answers from the store"
        if tally.retries:
            text += f", {tally.retries:,} retries"
        text += f"; {tally.usage.prompt_tokens:,} prompt tokens"
        if tally.usage.cached_tokens:
            text += f" ({tally.usage.cached_tokens / tally.usage.prompt_tokens:.0%} cached)"
        text += f", {tally.usage.completion_tokens:,} completion tokens"
        text += f", {tally.usage.completion_tokens / max(tally.seconds, 1e-9):,.1f} tokens/s"
        if tally.cost is not None:
            text += f"; cost {tally.cost:,.4f}"
        return text


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether it is a terminal; a stream that was closed when Python started is None."""
    return stream is not None and stream.isatty()


def _bar(told: Callable[[], str]) -> rich.progress.Progress:
    """A bar that fetches its text whenever it is drawn, so also while no row finishes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Told(ProgressColumn):
        def render(self, task: rich.progress.Task) -> Text:  # noqa: ARG002, the base's signature
            return Text(told())

    return Progress(
        TextColumn("seapo {task.description}"),
        BarColumn(),
        Told(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=4,
    )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
