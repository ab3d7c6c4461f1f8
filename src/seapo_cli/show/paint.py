"""Views as text: with colours on a terminal, with [-old-]{+new+} elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from seapo_cli.show.view import Piece, View

_STYLES = {"same": "", "removed": "red strike", "added": "bold green"}


def show(views: Iterable[View]) -> None:
    """Print views: page by page on a terminal, as plain lines elsewhere."""
    if sys.stdout.isatty():
        with _pager() as stream:
            plain = bool(os.environ.get("NO_COLOR"))
            for text in _plain(views) if plain else _painted(views):
                print(text, file=stream, end="\n" if plain else "")
        return
    try:
        for line in _plain(views):
            print(line, flush=True)
    except BrokenPipeError:
        # Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(views: Iterable[View]) -> Iterator[str]:
    shown: str | None = None
    for view in views:
        if view.prompt != shown:
            gap = "" if shown is None else "\n"
            shown = view.prompt
            yield f"{gap}=== {_title(view)}{view.prompt}"
        checks = f" | {view.checks}" if view.checks else ""
        yield f"--- {view.label}{checks}\n{''.join(map(marked, view.pieces))}"


def _title(view: View) -> str:
    return f"[{view.id}] " if view.id else ""


def marked(piece: Piece) -> str:
    """A stretch of the answer as plain text."""
    return {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}[piece.kind].format(piece.text)


def _painted(views: Iterable[View]) -> Iterator[str]:
    from rich.console import Console
    from rich.rule import Rule
    from rich.text import Text

    width = shutil.get_terminal_size().columns
    console = Console(force_terminal=True, width=width, highlight=False)
    shown: str | None = None
    for view in views:
        # Captured: rich ends the whole program where a pager is left early.
        with console.capture() as painted:
            if view.prompt != shown:
                shown = view.prompt
                console.print(Rule(Text(_title(view).strip()), style="dim"))
                console.print(Text(view.prompt, style="bold"))
                console.print()
            console.print(Text(view.label, style="yellow"), Text(view.checks, style="dim"))
            console.print(Text.assemble(*((p.text, _STYLES[p.kind]) for p in view.pieces)))
            console.print()
        yield painted.get()


@contextmanager
def _pager() -> Iterator[IO[str]]:
    """The user's pager, which shows a first page before the last row is read; stdout without one.

    Like git: `less` gets -FRX, so that short output stays on the screen, with its colours.
    """
    command = os.environ.get("PAGER", "less")
    if not command or shutil.which(command.split()[0]) is None:
        yield sys.stdout
        return
    environment = {"LESS": "FRX", **os.environ}
    process = subprocess.Popen(
        command, shell=True, stdin=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdin is not None
    try:
        with suppress(BrokenPipeError):  # the reader has seen enough
            yield process.stdin
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
