"""Running what must be: a lock file says what made each output; what would now is compared."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from seapo_cli import __version__
from seapo_cli.backends.models import find_model
from seapo_cli.exceptions import UsageError
from seapo_cli.io.whole_files import write_whole
from seapo_cli.mistakes.aspects import ASPECTS
from seapo_cli.mistakes.error_types import folder, load_error_types
from seapo_cli.options import BackendSettings, parse
from seapo_cli.options.option import settings_fields
from seapo_cli.text.safe import masked, tell
from seapo_cli.workflow.plan import Stage, listed

_TICK_NS = 20_000_000
"""Two changes within a tick of a file system's clock may leave the same time."""
_ASKING = {
    "filter": ("check", ("judge", "aspects", "reward", "plausibility")),
    "pair": ("positive", ("judge",)),
}
"""Commands that ask a model only where an option has one of these values."""
_ENDPOINT = ("backend", "base-url", "batch-out", "batch-in")


class Record(BaseModel):
    """One stage in the lock file: what determines its outputs, their hashes, how it ended."""

    command: str
    made_by: dict[str, Any]
    outputs: dict[str, str | None]
    exit_code: int | None = None


_RECORDS = TypeAdapter(dict[str, Record])


class Hashes:
    """SHA-256 of files, kept with their status: what is unchanged is not read again."""

    def __init__(self, file: Path) -> None:
        self._file, self._known = file, dict[str, Any]()
        with suppress(OSError, ValueError, TypeError):
            self._known = dict(orjson.loads(file.read_bytes()))

    def of(self, path: Path) -> str | None:
        """The hash of a file, or of all in a folder (but checkpoints) or under a glob pattern."""
        if not path.is_file():
            below = path.rglob("*") if path.is_dir() else map(Path, glob(str(path)))  # noqa: PTH207
            every = [
                [str(file), self.of(file)]
                for file in sorted(below)
                if file.is_file() and "checkpoints" not in file.parts[len(path.parts) :]
            ]
            return hashlib.sha256(orjson.dumps(every)).hexdigest() if every else None
        with suppress(OSError), path.open("rb") as file:
            s, now, known = os.fstat(file.fileno()), time.time_ns(), self._known.get(str(path))
            status = [s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns]
            if isinstance(known, list) and known[:-1] == status:
                return str(known[-1])
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if now - s.st_ctime_ns > _TICK_NS:
                self._known[str(path)] = [*status, digest]
            return digest
        return None

    def keep(self) -> None:
        """Write down what is known."""
        write_whole(self._file, orjson.dumps(self._known))


class Run:
    """Stages, and what the lock file says of them."""

    def __init__(self, stages: Sequence[Stage], lock: Path, hashes: Hashes) -> None:
        self._stages, self._lock, self._hashes = stages, lock, hashes
        try:
            self._records = _RECORDS.validate_json(lock.read_bytes() if lock.exists() else b"{}")
        except (OSError, ValidationError):
            raise UsageError(f"{lock}: not as seapo run wrote it: restore or remove it") from None

    def dry_run(self) -> Iterator[str]:
        """A line on each stage: why it would run, or that it would not."""
        coming: dict[str, str] = {}
        for stage in self._stages:
            above = dict.fromkeys(coming[path] for path in sorted(stage.reads & coming.keys()))
            why = self._why(stage, self._record(stage), coming)
            why += [f"an earlier stage runs ({', '.join(above)})"] if above else []
            coming |= dict.fromkeys(stage.writes.values(), stage.name) if why else {}
            yield f"{stage.name}: would run: {'; '.join(why)}" if why else f"{stage.name}: fresh"

    def run(self) -> int:
        """Run what must be; returns the exit code: 3 if rows failed, now or when they ran."""
        ran = 0
        for stage in self._stages:
            new = self._record(stage)
            if not (why := self._why(stage, new)):
                continue
            tell(f"seapo run: {stage.name}: {'; '.join(why)}")
            self._make_room(stage, new)
            self._write(stage, new)  # from here on, what has these names is a stage's
            code = new.exit_code = _call(stage)
            self._write(stage, new)
            if code not in (0, 3):
                tell(f"seapo run: stopped at {stage.name}; the same command goes on from there")
                return code
            ran += 1
        tell(f"seapo run: {ran} of {len(self._stages)} stages ran, the others are fresh")
        return max((self._records[stage.name].exit_code or 0 for stage in self._stages), default=0)

    def _record(self, stage: Stage) -> Record:
        try:
            made_by = dict(_made_by(stage, self._hashes))
        except UsageError as error:
            raise UsageError(f"{stage.name}: {error}") from None
        command = shlex.join(["seapo", *stage.arguments])
        return Record(command=command, made_by=made_by, outputs={})

    def _why(self, stage: Stage, new: Record, coming: Mapping[str, str] | None = None) -> list[str]:
        """Why a stage must run; nothing if it need not. `coming` are paths that change before."""
        if (old := self._records.get(stage.name)) is None:
            return ["never run"]
        why = [] if old.exit_code in (0, 3) else ["it did not finish"]
        for key in sorted(old.made_by.keys() | new.made_by.keys()):
            one, other = old.made_by.get(key), new.made_by.get(key)
            hashed = key.startswith(("input ", "prompt file "))
            if one != other and key.removeprefix("input ") not in (coming or ()):
                change = "changed" if one and other else "is new" if other else "is gone"
                why.append(f"{key} {change}" if hashed else f"{key}: {one} -> {other}")
        for path in stage.writes.values():
            made, now = old.outputs.get(path, ""), self._hashes.of(Path(path))
            if made != now:
                why.append(
                    f"output {path} {'was changed by hand' if made and now else 'is missing'}"
                )
        return why

    def _make_room(self, stage: Stage, new: Record) -> None:
        """Have nothing overwritten but what a stage left there, as it left it."""
        made = {path: kept for one in self._records.values() for path, kept in one.outputs.items()}
        same = stage.name in self._records and self._records[stage.name].made_by == new.made_by
        for path in map(Path, stage.writes.values()):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(path):
                continue
            if str(path) not in made:
                text = f"{path} exists, but not from a run of this file: move it away"
                raise UsageError(f"{stage.name}: {text}, or name another file")
            # `train` goes on in its folder, if settings and pairs are the same.
            changed = made[str(path)] not in (None, self._hashes.of(path))
            if changed or (path.is_dir() and str(path) == stage.output and not same):
                aside = next(
                    p for n in range(1, 1 << 30) if not os.path.lexists(p := f"{path}.{n}")
                )
                path.rename(aside)
                tell(f"seapo run: {path} is kept as {aside}")

    def _write(self, stage: Stage, record: Record) -> None:
        record.outputs = {path: self._hashes.of(Path(path)) for path in stage.writes.values()}
        self._records[stage.name] = record
        for name in self._records.keys() - {one.name for one in self._stages}:
            if not any(map(os.path.exists, self._records[name].outputs)):  # of an arm that is gone
                del self._records[name]
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        values = orjson.dumps(_RECORDS.dump_python(self._records), option=options)
        write_whole(self._lock, masked(values))


def _made_by(stage: Stage, hashes: Hashes) -> Iterator[tuple[str, Any]]:
    """What determines the outputs of a stage; how requests travel does not."""
    options = dict(stage.options)
    for flag, (_, about) in stage.known.items():
        if given := next(filter(None, map(os.environ.get, listed(about.env))), None):
            options.setdefault(flag, given.split() if about.parse is parse.names else given)
    if "seed" in stage.known:
        options.setdefault("seed", 0)
    asks = "model" in stage.known and (stage.command not in _ASKING or _asking(stage, options))
    backend = {place.name.replace("_", "-") for place in settings_fields(BackendSettings)}
    idle = {"base-url", "backend", "model"} if asks else backend
    idle |= {flag for flag, (_, about) in stage.known.items() if about.group == "Requests"}
    yield "seapo", __version__
    yield "command", stage.command
    yield "model", _model(stage, options, hashes) if asks else None
    yield from ((f"setting {flag}", value) for flag, value in options.items() if flag not in idle)
    for name, path in _prompts(stage, options):
        yield f"prompt file {name}", hashes.of(path)
    for name in stage.reads:
        if digest := hashes.of(Path(name)):
            yield f"input {name}", digest


def _model(stage: Stage, options: Mapping[str, Any], hashes: Hashes) -> str:
    """What answers: a model at an endpoint, or one here; the packaged one by its hash."""
    named = ", ".join(map(str, listed(options.get("model"))))
    if "backend" in stage.known:
        given = {name.replace("-", "_"): options[name] for name in _ENDPOINT if name in options}
        key = os.environ.get("OPENAI_API_KEY")
        settings = BackendSettings.checked(**given, model=named or None, api_key=key)
        settings.hide_secrets()
        if settings.chosen() in ("openai", "batch"):
            return f"{named or 'default'} at {settings.address or 'OpenAI'}"
    return named or f"{(path := find_model(None)).name} sha256 {hashes.of(path)}"


def _asking(stage: Stage, options: Mapping[str, Any]) -> list[str]:
    flag, values = _ASKING.get(stage.command, ("", ()))
    return [value for value in values if value in str(options.get(flag))]


def _prompts(stage: Stage, options: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """The files with wordings that a stage uses: names and paths."""
    mode = options.get("mode", "auto")
    found = [f"modes/{one}" for one in (["propose", "menu"] if mode == "auto" else [mode])]
    if stage.command != "inject":
        asked = _asking(stage, options)
        found = ["judge/classify"] if stage.command == "profile" else []
        found += ["judge/compare"] * ("judge" in asked)
        if "aspects" in asked:
            found += ["judge/rate", *(f"judge/aspects/{aspect}" for aspect in ASPECTS)]
    if "error-type" in stage.known:
        default: Any = stage.known["error-type"][0].default
        types = parse.names(map(str, listed(options.get("error-type", list(default)))))
        mixed = [part.partition("=")[0].strip() for part in str(options.get("mix", "")).split(",")]
        for name in filter(None, [*types, *mixed]):
            if Path(name).is_file():
                yield name, Path(name)
            else:
                found += [kind.name for kind in load_error_types([name])]
    for name in found:
        yield f"{name}.md", folder() / f"{name}.md"


def _call(stage: Stage) -> int:
    """Run a stage; its exit code, or that of a signal.

    In a process group of its own, it gets a signal once, be it from a terminal or to this process.
    """
    came: list[int] = []

    def pass_on(number: int, _: object) -> None:
        came.append(number)
        child.send_signal(number)

    # -P: what lies in the file's folder is not imported.
    command = [sys.executable, "-P", "-m", "seapo_cli", *stage.arguments]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    code = child.wait()
    for number, handler in before.items():
        signal.signal(number, handler)
    return 128 + came[0] if came else code if code >= 0 else 128 - code
