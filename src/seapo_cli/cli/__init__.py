"""The command line: options to settings to a stage to an exit code. One module per subcommand.

Nothing heavy loads here: what a command needs is imported when it runs.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seapo_cli import __version__
from seapo_cli.cli.checks import checks
from seapo_cli.cli.config import load_config
from seapo_cli.cli.filter import filter_
from seapo_cli.cli.inject import inject
from seapo_cli.cli.pair import pair
from seapo_cli.cli.profile import profile
from seapo_cli.cli.sample import sample
from seapo_cli.cli.serve import serve
from seapo_cli.cli.show import show
from seapo_cli.cli.store import app as store_app
from seapo_cli.cli.train import train
from seapo_cli.cli.types import types
from seapo_cli.errors import SeapoError

app = typer.Typer(
    name="seapo",
    help="Preference pairs from typed mistakes: sample, inject, filter, pair, train. JSONL in and "
    "out.",
    no_args_is_help=True,
    rich_markup_mode=None,  # a third of the start-up time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (sample, inject, pair, train, profile, show, serve, types, checks):
    app.command()(command)
app.command(name="filter")(filter_)
app.add_typer(store_app, name="store")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"seapo {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[
        str | None,
        typer.Option(
            envvar="SEAPO_CONFIG",
            metavar="FILE",
            help="Settings file in TOML. [default: seapo.toml, where there is one]",
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001, its callback deals with it
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    load_config(context, config)


def main() -> None:
    """Run the command line; every foreseen error is one line on stderr."""
    try:
        app()
    except SeapoError as error:
        print(f"seapo: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("seapo: interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
