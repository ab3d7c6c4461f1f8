"""`seapo store`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seapo_cli.cli.command import expanded
from seapo_cli.options import StoreSettings

if TYPE_CHECKING:
    from seapo_cli.engine.store import Store

app = typer.Typer(help="Show the store of answers, or clear it.", rich_markup_mode=None)


@expanded
def store(context: typer.Context, settings: StoreSettings) -> None:
    """Show the store's path, its size and how many answers it holds."""
    path = context.obj = settings.store
    if context.invoked_subcommand is not None or path is None:
        return
    if not path.exists():
        print(f"{path}: nothing stored yet")
        return
    with _open(path) as found:
        print(f"{path}: {found.count():,} answers, {found.size() / 2**20:,.1f} MiB")


app.callback(invoke_without_command=True)(store)


@app.command()
def clear(context: typer.Context) -> None:
    """Delete all answers."""
    path: Path = context.obj
    if not path.exists():
        print(f"{path}: nothing stored")
        return
    with _open(path) as found:
        count = found.count()
        found.clear()
    print(f"{path}: deleted {count:,} answers")


def _open(path: Path) -> Store:
    from seapo_cli.engine.store import Store

    return Store(path)
