"""The stages of a file, one for each arm of its matrix: commands, and what they read and write."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field
from glob import glob
from itertools import product
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError, unknown
from seapo_cli.options.option import Option

Known = Mapping[str, tuple[Field[Any], Option]]
"""The options of a command by their long flags without `--`."""
_INPUT: Known = {"input": (field(), Option(metavar="FILE"))}
"""What it takes without a flag."""
Table = dict[str, Any]
MAIN = ("output", "output-dir", "json")
"""Options that name what a stage is for: the first that it has."""
_ENDINGS = {"audit": ".json", "doctor": ".json", "report": ".html", "train": ""}
_PLACE = re.compile(r"\{([\w-]+\*?)\}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in one arm, with its options by flag."""

    table: str
    command: str
    known: Known
    options: Table
    arm: Table
    folder: Path
    """Of what it writes."""

    @property
    def name(self) -> str:
        return f"{self.table}[{_label(self.arm)}]" if self.arm else self.table

    @property
    def writes(self) -> dict[str, str]:
        """What it writes, by flag; first what it is for."""
        main = next(flag for flag in MAIN if flag in self.known)
        files: Table = {main: f"{self.table}{_ENDINGS.get(self.command, '.jsonl')}"}
        files |= {flag: one for flag, one in self.options.items() if self.known[flag][1].written}
        return {flag: os.path.normpath(self.folder / _text(name)) for flag, name in files.items()}

    @property
    def output(self) -> str:
        return next(iter(self.writes.values()))

    @property
    def arguments(self) -> list[str]:
        """The command line after `seapo`; other files of settings are shut out."""
        found = ["--config", os.devnull, *self.command.split()]
        options = self.options | self.writes
        inputs = map(str, listed(options.pop("input")))
        for flag, value in options.items():
            place, about = self.known[flag]
            if isinstance(value, bool):
                if value or place.default is not False:
                    found.append(f"--{flag}" if value else f"--no-{flag}")
            elif " " in (about.metavar or ""):  # LOW HIGH
                found += [f"--{flag}", *map(str, listed(value))]
            else:
                found += [f"--{flag}={one}" for one in listed(value)]
        return [*found, "--", *inputs]

    @property
    def settings(self) -> Table:
        """What counts, also from the environment; None is what is not given.

        How requests travel does not count, nor where a cache lies.
        """
        found: Table = {"command": self.command}
        for flag, (place, about) in self.known.items():
            if not about.written and about.group != "Requests" and flag != "reference-cache":
                default = place.default if flag == "seed" else None
                outside = next(filter(None, map(os.environ.get, listed(about.env))), default)
                given = self.options.get(flag)
                found[flag] = outside if given is None else given
        return found

    @property
    def reads(self) -> set[str]:
        """What may name files and folders: values, parts of `A,B` and `NAME=FILE`, a pattern's."""
        settings, found = self.settings, set[str]()
        for flag, (_, about) in self.known.items():
            if flag == "model" or re.search("FILE|DIR|TYPE|=", about.metavar or ""):
                for text in map(str, listed(settings.get(flag))):
                    found |= {text, text.partition("=")[2], *re.split("[,=]", text), *text.split()}
        names = {os.path.expanduser(name.strip()) for name in found if name.strip()}  # noqa: PTH111
        names |= {one for name in names for one in glob(name, recursive=True)}  # noqa: PTH207
        return set(map(os.path.normpath, names))


def plan(
    file: str, data: Table, folder: str, catalog: Mapping[str, Known], check: Callable[..., None]
) -> list[Stage]:
    """The stages in the file's order; `check` refuses names that are not among the known ones."""
    matrix = _table(data.pop("matrix", {}), f"{file}: matrix")
    tables = _table(data.pop("stages", None), f"{file}: stages")
    check(file, data, {flag for known in catalog.values() for flag in known})
    stages: list[Stage] = []
    for name, values in tables.items():
        where = f"[stages.{name}] "
        table = _table(values, f"{file}: {where}")
        command = str(table.pop("command", name))
        if not (known := catalog.get(command)):
            raise unknown(f"command in {file}: {where}", command, catalog)
        known = {**_INPUT, **known}
        check(file, table, known, where)
        options = {flag: value for flag, value in data.items() if flag in known} | table
        if not listed(options.get("input")):
            raise UsageError(f'{file}: {where}no input: name a file, or a stage: "{{STAGE}}"')
        for arm in _arms(options, matrix, stages):
            names = _names(arm, stages)
            given = {flag: _filled(value, names) for flag, value in options.items()}
            stages.append(Stage(name, command, known, given, arm, Path(folder, _label(arm))))
    written = [path for stage in stages for path in stage.writes.values()]
    for path in written:
        if ":/" in path:
            raise UsageError(f"{file}: {path}: outputs must be files of this machine")
        if written.count(path) > 1:
            raise UsageError(f"{file}: more than one stage or option writes {path}")
    return stages


def _arms(options: Table, matrix: Table, stages: Sequence[Stage]) -> list[Table]:
    """All combinations of the keys that the options have, or the stages that they read."""
    used = {place[1] for place in _PLACE.finditer(str(options))}
    used |= {key for stage in stages if stage.table in used for key in stage.arm}
    keys = [key for key in matrix if key in used]
    every = product(*(listed(matrix[key]) for key in keys))
    return [dict(zip(keys, values, strict=True)) for values in every]


def _names(arm: Table, stages: Sequence[Stage]) -> Table:
    """What stands for `{KEY}`, `{arm}`, `{STAGE}` (of the same arm), `{STAGE*}` (of all)."""
    found: Table = {"arm": _label(arm)}
    for stage in stages:
        found.setdefault(f"{stage.table}*", []).append(stage.output)
        if stage.arm.items() <= arm.items():
            found[stage.table] = stage.output
    return found | arm


def _filled(value: Any, names: Table) -> Any:
    if isinstance(value, list):
        return [part for one in value for part in listed(_filled(one, names))]
    if not isinstance(value, str):
        return value
    if place := _PLACE.fullmatch(value):
        return names.get(place[1], value)
    return _PLACE.sub(lambda place: _text(names.get(place[1], place[0])), value)


def _table(value: Any, where: str) -> Table:
    if not (isinstance(value, dict) and all(re.fullmatch(r"[\w-]+", str(key)) for key in value)):
        raise UsageError(f"{where}: expected a table; its names have letters, digits, - and _")
    return {str(key): one for key, one in value.items()}


def _label(arm: Table) -> str:
    """An arm in names of folders: `type=factual,seed=1`."""
    return ",".join(re.sub(r"[^\w.+=@-]", "_", f"{key}={_text(arm[key])}") for key in arm)


def _text(value: Any) -> str:
    return "+".join(map(str, listed(value)))


def listed(value: Any) -> list[Any]:
    """One value as a list; nothing (YAML's null) as an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]
