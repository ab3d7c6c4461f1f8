"""The settings file: `seapo.toml`, whose keys are the names of the long options.

model = "qwen2.5-7b-instruct"      # for all commands that have this option

[inject]                           # for one command
error-type = ["factual", "logical"]

A file that merely sits in the current folder may be a stranger's: a checkout, an unpacked archive.
It may set harmless options; those that send, run or write need a file that the user named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import typer

from seapo_cli.cli.command import options_of
from seapo_cli.cli.help import FOLDED
from seapo_cli.exceptions import UsageError
from seapo_cli.options.option import Option

DEFAULT_FILE = "seapo.toml"
Known = dict[str, tuple[str, Option]]
"""A command's options by key: the parameter, and its `Option`."""


def load_config(
    context: typer.Context, path: str | None, commands: Mapping[str, Callable[..., None]]
) -> None:
    """Make the file's values the defaults of the options; environment and flags take precedence.

    Raises:
        UsageError: it cannot be read, holds an unknown key, or sets what only a file that the
            user named may set.
    """
    found = path is None
    if path is None:
        if not Path(DEFAULT_FILE).is_file():
            return
        path = DEFAULT_FILE
    options = {name: _options(command) for name, command in commands.items()}
    values = read_table(path)
    shared = {name: value for name, value in values.items() if not isinstance(value, dict)}
    check_names(path, shared, set[str]().union(*options.values()))
    tables = _tables(values, options)
    for name, table in tables.items():
        if name not in options:
            raise UsageError(f"{path}: unknown table [{name}]")
        check_names(path, table, options[name], f"[{name}] ")
    if found and (refused := _refused(shared, tables, options)):
        raise UsageError(
            f"{path} was found, not named by you, so it may not set "
            f"{', '.join(refused)}: if you trust it, use --config {path} or SEAPO_CONFIG={path}"
        )
    defaults: dict[str, Any] = {}
    for name, known in options.items():
        given = shared | tables.get(name, {})
        group, _, inner = name.rpartition(" ")
        within = defaults.setdefault(group, {}) if group else defaults
        within[inner] = {known[key][0]: value for key, value in given.items() if key in known}
    context.default_map = defaults
    if values:
        from seapo_cli.text.safe import tell

        tell(f"seapo: settings from {path}")


def _options(command: Callable[..., None]) -> Known:
    return {flag: (place.name, option) for flag, place, option in options_of(command)}


def _tables(values: Mapping[str, Any], commands: Collection[str]) -> dict[str, dict[str, Any]]:
    """The tables by command; that of `seapo review export` is `[review.export]`."""
    found: dict[str, dict[str, Any]] = {}
    for name, table in values.items():
        if isinstance(table, dict):
            inner = {key: f"{name} {key}" for key in table if f"{name} {key}" in commands}
            found |= {inner[key]: table[key] for key in inner if isinstance(table[key], dict)}
            rest = {key: value for key, value in table.items() if key not in inner}
            found |= {name: rest} if rest or not inner else {}
    return found


def _refused(
    shared: Mapping[str, Any],
    tables: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, Known],
) -> list[str]:
    """The keys that could send, run or write."""
    keys = [(name, value, list(options.values())) for name, value in shared.items()]
    for command, table in tables.items():
        keys += [(name, value, [options[command]]) for name, value in table.items()]
    return [
        name
        for name, value, known in keys
        if not all(one[name][1].may_be(value) for one in known if name in one)
    ]


def read_table(path: str) -> dict[str, Any]:
    """What a TOML file holds, or one in YAML that is named so.

    Raises:
        UsageError: it cannot be read.
    """
    import tomllib

    kind = "YAML" if path.endswith((".yaml", ".yml")) else "TOML"
    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file) if kind == "TOML" else _read_yaml(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:  # including numbers with thousands of digits
        raise UsageError(f"{path}: not valid {kind}: {error}") from None
    except RecursionError:
        raise UsageError(f"{path}: not valid {kind}: nested too deeply") from None


def _read_yaml(file: BinaryIO) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(file)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
    return found if isinstance(found, dict) else {}


def check_names(
    path: str, values: Mapping[str, Any], known: Collection[str], where: str = ""
) -> None:
    """Refuse keys that are no options.

    Raises:
        UsageError: one is unknown; names the one that was perhaps meant.
    """
    from difflib import get_close_matches

    for name in values:
        if name not in known:
            if name in FOLDED:
                raise UsageError(f"{path}: {where}{name!r} is now {FOLDED[name]}")
            close = get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]!r}?" if close else "keys are long options"
            raise UsageError(f"{path}: unknown key {where}{name!r} ({meant})")
