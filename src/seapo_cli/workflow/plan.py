"""The stages of a file, one for each arm of its matrix: commands, and what they read and write."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError, unknown
from seapo_cli.options.option import Option

Known = Mapping[str, tuple[Field[Any], Option]]
"""The options of a command by their long flags without `--`."""
Table = dict[str, Any]
MAIN = ("output", "output-dir", "json")
"""Options that name what a stage is for: the first that it has."""
_ENDINGS = {"audit": ".json", "doctor": ".json", "report": ".html", "train": ""}
_PLACE = re.compile(r"\{([A-Za-z][\w-]*)(\*?)(?:\.([\w-]+))?\}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in one arm. Options and written paths are by flag; `input` stands without one."""

    table: str
    command: str
    known: Known
    options: Table
    arm: Table
    writes: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.table}[{_label(self.arm)}]" if self.arm else self.table

    @property
    def output(self) -> str:
        return next(iter(self.writes.values()))

    @property
    def arguments(self) -> list[str]:
        """The command line after `seapo`; other files of settings are shut out."""
        found = ["--config", os.devnull, *self.command.split()]
        for flag, value in {**self.options, "input": None, **self.writes}.items():
            place, about = self.known.get(flag, (None, Option()))
            if place and isinstance(place.default, bool) and isinstance(value, bool):
                found += [f"--{flag}"] if value else [f"--no-{flag}"] * place.default
            elif " " in (about.metavar or ""):  # LOW HIGH
                found += [f"--{flag}", *map(str, listed(value))]
            else:
                found += [f"--{flag}={one}" for one in listed(value)]
        return [*found, "--", *map(str, listed(self.options["input"]))]

    @property
    def reads(self) -> set[str]:
        """Whatever may be the name of a file or folder that it reads, also as NAME=FILE."""
        named = [v for f, v in self.options.items() if f == "input" or _is_name(self.known[f][1])]
        texts = [str(one) for value in named for one in listed(value)]
        return {os.path.normpath(t) for text in texts for t in (text, text.partition("=")[2]) if t}


def plan(
    file: str, data: Table, folder: str, catalog: Mapping[str, Known], check: Callable[..., None]
) -> list[Stage]:
    """The stages in the file's order; `check` refuses names that are not among the known ones."""
    matrix = _table(data.pop("matrix", {}), f"{file}: matrix")
    tables = _table(data.pop("stages", None), f"{file}: stages")
    check(file, data, {flag for known in catalog.values() for flag in known})
    made: dict[str, list[Stage]] = {}
    writers: dict[str, str] = {}
    for name, values in tables.items():
        where = f"[stages.{name}] "
        table = _table(values, f"{file}: {where}")
        command = str(table.pop("command", name))
        if not (known := catalog.get(command)):
            raise unknown(f"command in {file}: {where}", command, catalog)
        check(file, table, {"input", *known}, where)
        options = {flag: value for flag, value in data.items() if flag in known} | table
        if not listed(options.get("input")):
            raise UsageError(
                f'{file}: {where}no input: name a file, or a stage: input = "{{NAME}}"'
            )
        made[name] = list(_arms(Stage(name, command, known, options, {}, {}), folder, matrix, made))
        for stage in made[name]:
            for path in stage.writes.values():
                if path in writers:
                    raise UsageError(f"{file}: {writers[path]} and {stage.name} both write {path}")
                writers[path] = stage.name
    return [stage for arms in made.values() for stage in arms]


def _arms(
    bare: Stage, folder: str, matrix: Table, made: Mapping[str, list[Stage]]
) -> Iterator[Stage]:
    """A stage for each combination of the keys that its values, or the stages it reads, have."""
    texts = [str(one) for value in bare.options.values() for one in listed(value)]
    used = {m[1] for text in texts for m in _PLACE.finditer(text) if not m[2]}
    used |= {key for name in used for stage in made.get(name, ()) for key in stage.arm}
    keys = [key for key in matrix if key in used]
    main = next(flag for flag in MAIN if flag in bare.known)
    for values in product(*(listed(matrix[key]) for key in keys)):
        arm = dict(zip(keys, values, strict=True))
        given = {flag: _filled(value, arm, made) for flag, value in bare.options.items()}
        files = {main: f"{bare.table}{_ENDINGS.get(bare.command, '.jsonl')}"}
        files |= {
            f: given.pop(f) for f in sorted(given.keys() - {"input"}) if bare.known[f][1].written
        }
        if remote := [name for name in files.values() if "://" in str(name)]:
            raise UsageError(f"{bare.name}: {remote[0]}: outputs must be files of this machine")
        paths = {flag: Path(folder, _label(arm), str(name)) for flag, name in files.items()}
        writes = {flag: os.path.normpath(path) for flag, path in paths.items()}
        yield replace(bare, options=given, arm=arm, writes=writes)


def _filled(value: Any, arm: Table, made: Mapping[str, list[Stage]]) -> Any:
    """A value with `{KEY}`, `{arm}`, `{STAGE}`, `{STAGE.FLAG}`, `{STAGE*}` in their places."""

    def found(match: re.Match[str]) -> Any:
        name, every, flag = match.groups()
        if name in arm or name == "arm":
            return {"arm": _label(arm), **arm}[name]
        stages = [s for s in made.get(name, ()) if every or s.arm.items() <= arm.items()]
        paths = [s.writes.get(flag, match[0]) if flag else s.output for s in stages]
        return paths if every and paths else next(iter(paths), match[0])

    if isinstance(value, list):
        return [part for one in value for part in listed(_filled(one, arm, made))]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    return found(whole) if whole else _PLACE.sub(lambda match: _text(found(match)), value)


def _is_name(about: Option) -> bool:
    named = about.is_path or "-m" in about.flags or (about.metavar or "")[:2] in ("FI", "CH")
    return named and not about.written and about.group != "Requests"


def _table(value: Any, where: str) -> Table:
    good = isinstance(value, dict) and all(re.fullmatch(r"[\w-]+", str(key)) for key in value)
    if not good:
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
