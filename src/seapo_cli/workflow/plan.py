"""The stages of a file, one for each arm of its matrix: commands, and what they read and write."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError, unknown
from seapo_cli.options.option import Option, flags_of

Known = Mapping[str, tuple[Field[Any], Option]]
"""The options of a command by their long flags without `--`."""
Table = dict[str, Any]
_MAIN = ("output", "output-dir", "json")
_ENDINGS = {"audit": ".json", "doctor": ".json", "report": ".html", "train": ""}
_PLACE = re.compile(r"\{\{[^{}]*\}\}|\{([A-Za-z][\w-]*)(\*?)(?:\.([\w-]+))?\}")


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
        return self.table + (f"[{_label(self.arm)}]" if self.arm else "")

    @property
    def output(self) -> str:
        return next(iter(self.writes.values()))

    @property
    def arguments(self) -> list[str]:
        """The command line after `seapo`; other files of settings are shut out."""
        found = ["--config", os.devnull, self.command]
        for flag, value in {**self.options, "input": None, **self.writes}.items():
            place, option = self.known.get(flag, (None, Option()))
            if place and isinstance(place.default, bool) and isinstance(value, bool):
                found += [f"--{flag}"] if value else [f"--no-{flag}"] * place.default
            elif " " in (option.metavar or ""):  # LOW HIGH
                found += [f"--{flag}", *map(str, listed(value))]
            else:
                found += [f"--{flag}={one}" for one in listed(value)]
        return [*found, "--", *map(str, listed(self.options["input"]))]

    @property
    def reads(self) -> set[str]:
        """Whatever may be the name of a file or folder that it reads, also as NAME=FILE."""
        named = [
            v for f, v in self.options.items() if f == "input" or _names_file(self.known[f][1])
        ]
        texts = [str(one) for value in named for one in listed(value)]
        return {os.path.normpath(t) for text in texts for t in (text, text.partition("=")[2]) if t}

    def needs(self, other: Stage) -> bool:
        """Whether it reads what another one writes."""
        return any(within(a, b) or within(b, a) for a in self.reads for b in other.writes.values())


def plan(
    file: str, data: Table, folder: str, catalog: Mapping[str, Known], check: Callable[..., None]
) -> list[Stage]:
    """The stages in the file's order; `check` refuses names that are not among the known ones."""
    matrix = _table(data.pop("matrix", {}), f"{file}: matrix")
    tables = _table(data.pop("stages", None), f"{file}: stages")
    check(file, data, {flag for known in catalog.values() for flag in known})
    made: dict[str, list[Stage]] = {}
    for name, table in tables.items():
        where = f"[stages.{name}] "
        command = str(_table(table, f"{file}: {where}").pop("command", name))
        if not (known := catalog.get(command)):
            raise unknown(f"command in {file}: {where}", command, catalog)
        check(file, table, {"input", *known}, where)
        given = {flag: value for flag, value in data.items() if flag in known} | table
        first = {flag: flags_of(place)[0].removeprefix("--") for flag, (place, _) in known.items()}
        options = {first.get(flag, flag): value for flag, value in given.items()}
        try:
            bare = Stage(name, command, known, options, {}, {})
            made[name] = list(_arms(bare, folder, matrix, made))
        except UsageError as error:
            raise UsageError(f"{file}: {where}{error}") from None
    writers: dict[str, str] = {}
    for stage in (stage for arms in made.values() for stage in arms):
        for path in stage.writes.values():
            if path in writers:
                raise UsageError(f"{file}: {writers[path]} and {stage.name} both write {path}")
            writers[path] = stage.name
    return [stage for arms in made.values() for stage in arms]


def chosen(stages: Sequence[Stage], tables: Collection[str]) -> list[Stage]:
    """The stages of some names, and those above that they need; without names, all."""
    known = dict.fromkeys(stage.table for stage in stages)
    for name in set(tables) - known.keys():
        raise unknown("stage", name, known)
    kept: list[Stage] = []
    for stage in reversed(stages):
        if not tables or stage.table in tables or any(below.needs(stage) for below in kept):
            kept.insert(0, stage)
    return kept


def _arms(
    bare: Stage, folder: str, matrix: Table, made: Mapping[str, list[Stage]]
) -> Iterator[Stage]:
    """A stage for each combination of the keys that its values, or the stages it reads, have."""
    if "input" not in bare.options:
        raise UsageError('no input: name a file, or a stage above: input = "{NAME}"')
    texts = [str(one) for value in bare.options.values() for one in listed(value)]
    used = {m[1] for text in texts for m in _PLACE.finditer(text) if m[1] and not m[2]}
    used |= {key for name in used for stage in made.get(name, ()) for key in stage.arm}
    keys = [key for key in matrix if key in used]
    main = next(flag for flag in _MAIN if flag in bare.known)
    names = {main: f"{bare.table}{_ENDINGS.get(bare.command, '.jsonl')}"}
    for values in product(*(listed(matrix[key]) for key in keys)):
        arm = dict(zip(keys, values, strict=True))
        given = {flag: _filled(value, arm, made) for flag, value in bare.options.items()}
        files = names | {
            f: str(v) for f, v in given.items() if f in bare.known and bare.known[f][1].written
        }
        paths = {flag: Path(folder, _label(arm), file) for flag, file in files.items()}
        options = {flag: value for flag, value in given.items() if flag not in paths}
        writes = {flag: os.path.normpath(path) for flag, path in paths.items()}
        yield replace(bare, options=options, arm=arm, writes=writes)


def _filled(value: Any, arm: Table, made: Mapping[str, list[Stage]]) -> Any:
    """A value with `{KEY}`, `{arm}`, `{STAGE}`, `{STAGE.FLAG}`, `{STAGE*}` in their places."""

    def found(match: re.Match[str]) -> Any:
        name, every, flag = match.groups()
        if name is None:
            return match[0][1:-1]  # {{name}} is {name}
        if name in arm or name == "arm":
            return {"arm": _label(arm), **arm}[name]
        if name not in made or (flag and flag not in made[name][0].writes):
            raise UsageError(f"{match[0]}: no key of the matrix, and no stage above that writes it")
        fits = [s for s in made[name] if every or all(arm[k] == v for k, v in s.arm.items())]
        paths = [stage.writes[flag] if flag else stage.output for stage in fits]
        return paths if every else paths[0]

    if isinstance(value, list):
        return [part for one in value for part in listed(_filled(one, arm, made))]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    return found(whole) if whole else _PLACE.sub(lambda match: _text(found(match)), value)


def _names_file(option: Option) -> bool:
    named = option.is_path or "-m" in option.flags or (option.metavar or "")[:2] in ("FI", "CH")
    return named and not option.written and option.group != "Requests"


def _table(value: Any, where: str) -> Table:
    if not isinstance(value, dict) or not all(
        re.fullmatch(r"[a-z][\w-]*", str(k), re.I) for k in value
    ):
        raise UsageError(f"{where}: expected a table; names have letters, digits, - and _")
    return value


def _label(arm: Table) -> str:
    """An arm in names of folders: `type=factual,seed=1`."""
    return ",".join(re.sub(r"[^\w.+=@-]", "_", f"{key}={_text(arm[key])}") for key in arm)


def _text(value: Any) -> str:
    return "+".join(map(str, listed(value)))


def within(path: str, folder: str) -> bool:
    """Whether a path is another one or lies below it."""
    return path == folder or path.startswith(f"{folder}/")


def listed(value: Any) -> list[Any]:
    """One value as a list; nothing (YAML's null) as an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]
