"""The command line, from options to a stage to an exit code. One module per subcommand.

Nothing heavy loads here: what a command needs is imported when it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from seapo_cli.cli.config import load_config
from seapo_cli.cli.help import GroupedCommand
from seapo_cli.cli.store import app as store_app
from seapo_cli.cli.store import store
from seapo_cli.exceptions import SeapoError
from seapo_cli.io.streams import secure_streams

app = typer.Typer(
    name="seapo",
    help="Preference pairs from typed mistakes: sample, inject, filter, pair, audit, train, eval. "
    "JSONL in and out.",
    no_args_is_help=True,
    rich_markup_mode=None,  # a third of the start-up time
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
_INTERRUPTED = 130
_COMMANDS = {  # module and function, in the order of the pipeline; then the commands that inspect
    "sample": "sample.sample",
    "inject": "inject.inject",
    "filter": "filter.filter_",
    "pair": "pair.pair",
    "audit": "audit.audit",
    "train": "train.train",
    "eval": "evaluate.evaluate",
    "show": "show.show",
    "run": "run.run",
    "doctor": "doctor.doctor",
    "report": "report.report",
    "review export": "review.export",
    "review import": "review.import_",
    "push": "push.push",
    "profile": "profile.profile",
    "types": "types.types",
    "checks": "checks.checks",
    "serve": "serve.serve",
}
functions: dict[str, Callable[..., None]] = {"store": store}
"""Commands by name; their options by `command.options_of`."""
_GROUPS = {"review": "Have people judge rows, in Argilla or Label Studio."}
"""Commands that have commands of their own, which `_COMMANDS` names by both words."""
_groups = {
    name: typer.Typer(help=line, rich_markup_mode=None, no_args_is_help=True)
    for name, line in _GROUPS.items()
}
for name, place in _COMMANDS.items():
    module, _, function = place.partition(".")
    command = functions[name] = getattr(import_module(f"seapo_cli.cli.{module}"), function)
    line = (command.__doc__ or "").partition("\n")[0]  # in full, as click would truncate it
    group, _, inner = name.rpartition(" ")
    parent = _groups[group] if group else app
    parent.command(name=inner, cls=GroupedCommand, short_help=line)(command)
for name, group_app in _groups.items():
    app.add_typer(group_app, name=name)
app.add_typer(store_app, name="store")


def _show_version(wanted: bool) -> None:
    if wanted:
        from seapo_cli import __version__

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
            help="Settings file in TOML. [default: seapo.toml, if there is one]",
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001, its callback handles it
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    load_config(context, config, functions)


def main() -> None:
    """Run the command line; every expected error is one line on stderr."""
    if sys.platform == "win32":
        sys.exit("seapo: needs Linux or macOS; on Windows, run it in WSL")
    secure_streams()
    try:
        app(prog_name="seapo")
    except SeapoError as error:
        from seapo_cli.text.safe import tell

        tell(f"seapo: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as done:
        if done.code == _INTERRUPTED:  # typer catches Ctrl-C itself, silently
            _interrupted()
        raise


def _interrupted() -> NoReturn:
    print("seapo: interrupted; run the same command again to continue from here", file=sys.stderr)
    sys.exit(_INTERRUPTED)
