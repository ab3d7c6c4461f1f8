"""The settings file: `seapo.toml`, whose keys are the names of the long options.

model = "qwen2.5-7b-instruct"      # for all commands that have such an option

[inject]                           # for one command
error-type = ["factual", "logical"]

A file that merely lies in the current folder may be a stranger's: a checkout, an unpacked archive.
It sets what is harmless; what sends, runs or writes takes a file that the user named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import typer

from seapo_cli.exceptions import UsageError

DEFAULT_FILE = "seapo.toml"
HARMLESS = frozenset(
    """
    accumulate attempts balance batch-size beta check closeness concurrency dpop edits epochs
    error-type eval-split format gradient-checkpointing keep label-smoothing learning-rate
    logprobs lora-alpha lora-rank lora-target lr max-errors max-grad-norm max-length max-pairs
    max-steps max-tokens merge mix mode model n negative-key no-check order paper patience
    per-prompt positive preset price-in price-out prompt-key provenance response-key retries
    row-margins save-minutes save-steps schedule score-key seed set severity sft share-prefix
    simpo-gamma stop strategy system temperature timeout too-long top-p truncated type warmup
    weight-decay
    """.split()
)
"""Options that a file nobody named may set. All others may not, new ones among them."""


def load_config(context: typer.Context, path: str | None) -> None:
    """Make the file's values the defaults of the options; environment and flags go first.

    Raises:
        UsageError: it cannot be read, holds an unknown key, or sets what only a file that was
            named may set.
    """
    found = path is None
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
    if found and (refused := sorted(set(_refused(values)))):
        raise UsageError(
            f"{path}: found in this folder, not named by you, so it may not set "
            f"{', '.join(refused)}: if you trust it, say --config {path} or SEAPO_CONFIG={path}"
        )
    context.default_map = defaults
    if values:
        from seapo_cli.text.safe import tell

        tell(f"seapo: settings from {path}")


def _refused(values: dict[str, Any]) -> Iterator[str]:
    """The keys that could send, run or write."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _refused(value)
        elif name not in HARMLESS or not _is_harmless(name, value):
            yield name


def _is_harmless(name: str, value: Any) -> bool:
    """Whether a value of a harmless option is so too."""
    if name == "model":  # a file, or somebody's repository to download from
        text = str(value)
        return not ("/" in text or "\\" in text or text.endswith(".gguf") or Path(text).exists())
    if name == "set":  # a check's limits and words, but no paths, and no model that scores
        values = value if isinstance(value, list) else [value]
        return all(re.fullmatch(r"[\w-]+\.(?!scorer)[\w-]+=[\w.,-]+", str(v)) for v in values)
    if name == "check":
        return "tests" not in str(value)  # that one runs the code in the rows
    return True


def _read(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with Path(path).open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:  # numbers of thousands of digits among them
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise UsageError(f"{path}: not valid TOML: nested too deeply") from None


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


def _check(path: str, values: dict[str, Any], known: Collection[str], where: str = "") -> None:
    from difflib import get_close_matches

    for name in values:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]!r}?" if close else "keys are long options"
            raise UsageError(f"{path}: unknown key {where}{name!r} ({meant})")


def _known(values: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
    return {options[name]: value for name, value in values.items() if name in options}
