"""The settings file: `seapo.toml`, whose keys are the names of the long options.

model = "qwen2.5-7b-instruct"      # for all commands that have such an option

[inject]                           # for one command
error-type = ["factual", "logical"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from seapo_cli.errors import UsageError

DEFAULT_FILE = "seapo.toml"


def load_config(context: typer.Context, path: str | None) -> None:
    """Make the file's values the defaults of the options; environment and flags go first.

    Raises:
        UsageError: it cannot be read, or holds an unknown key.
    """
    if path is None:
        if not Path(DEFAULT_FILE).is_file():
            return
        path = DEFAULT_FILE
    commands = _options_by_command(context)
    known = set[str]().union(*commands.values())
    values = _read(path)
    shared = {name: value for name, value in values.items() if not isinstance(value, dict)}
    _check(path, shared, known)
    defaults = {name: _known(shared, options) for name, options in commands.items()}
    for name, table in values.items():
        if isinstance(table, dict):
            if name not in commands:
                raise UsageError(f"{path}: unknown table [{name}]")
            _check(path, table, commands[name], f"[{name}] ")
            defaults[name] |= _known(table, commands[name])
    context.default_map = defaults


def _read(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _options_by_command(context: typer.Context) -> dict[str, dict[str, str]]:
    """Each command's options: parameter name by the name of the long option."""
    found: dict[str, dict[str, str]] = {}
    group: Any = context.command
    for name, command in group.commands.items():
        options = {
            flag.lstrip("-"): parameter.name
            for parameter in command.params
            for flag in parameter.opts
            if parameter.param_type_name == "option"
        }
        found[name] = options
    return found


def _check(path: str, values: dict[str, Any], known: Any, where: str = "") -> None:
    for name in values:
        if name not in known:
            raise UsageError(f"{path}: unknown key {where}{name!r} (keys are long options)")


def _known(values: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
    return {options[name]: value for name, value in values.items() if name in options}
