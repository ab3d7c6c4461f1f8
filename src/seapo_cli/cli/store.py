"""`seapo store`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seapo_cli.cli.options import option

if TYPE_CHECKING:
    from seapo_cli.engine.store import Store

app = typer.Typer(help="Show the store of answers, or clear it.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def store(
    context: typer.Context,
    store: Annotated[
        Path | None,
        option(
            env="SEAPO_STORE",
            metavar="FILE",
            help="The store. [default: store.sqlite in the user's cache folder]",
        ),
    ] = None,
) -> None:
    """Show where the store is, its size and how many answers it holds."""
    from seapo_cli.settings import default_store_path

    path = context.obj = store or default_store_path()
    if context.invoked_subcommand is not None:
        return
    if not path.exists():
        print(f"{path}: nothing stored yet")
        return
    with _open(path) as found:
        print(f"{path}: {found.count():,} answers, {found.size() / 2**20:,.1f} MiB")


@app.command()
def clear(context: typer.Context) -> None:
    """Forget all answers."""
    path: Path = context.obj
    if not path.exists():
        print(f"{path}: nothing stored")
        return
    with _open(path) as found:
        count = found.count()
        found.clear()
    print(f"{path}: forgot {count:,} answers")


def _open(path: Path) -> Store:
    from seapo_cli.engine.store import Store

    return Store(path)
