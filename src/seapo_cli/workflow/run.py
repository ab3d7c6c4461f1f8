"""Running what must be: a lock file says what made each output; what would now is compared."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from seapo_cli import __version__
from seapo_cli.backends.models import find_model
from seapo_cli.exceptions import UsageError
from seapo_cli.io.whole_files import write_whole
from seapo_cli.mistakes.error_types import folder, load_error_types
from seapo_cli.options import BackendSettings, parse
from seapo_cli.options.option import settings_fields
from seapo_cli.text.safe import masked, tell
from seapo_cli.workflow.plan import Stage, listed, within

_TICK_NS = 20_000_000
"""Two changes within a tick of a file system's clock may leave the same time."""
_ASKED_IF = {"filter": "check", "pair": "positive"}
"""Commands that ask a model only with an option."""


class Record(BaseModel):
    """One stage in the lock file."""

    command: str
    made_by: dict[str, Any]
    """What determines the outputs: how requests travel does not."""
    outputs: dict[str, str | None] = {}
    """SHA-256 by path; None for what was not there."""
    exit_code: int | None = None
    """None while it runs."""


_RECORDS = TypeAdapter(dict[str, Record])


class Hashes:
    """SHA-256 of files, kept with their status: what is unchanged is not read again."""

    def __init__(self, file: Path) -> None:
        self._file, self._known = file, dict[str, Any]()
        with suppress(OSError, ValueError, TypeError):
            self._known = dict(orjson.loads(file.read_bytes()))

    def of(self, path: str | Path) -> str | None:
        """The hash of a file; None if it cannot be read."""
        with suppress(OSError), Path(path).open("rb") as file:
            s, now, known = os.fstat(file.fileno()), time.time_ns(), self._known.get(str(path))
            status = [s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns]
            if isinstance(known, list) and known[:-1] == status:
                return str(known[-1])
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if now - s.st_ctime_ns > _TICK_NS:
                self._known[str(path)] = [*status, digest]
            return digest
        return None

    def below(self, names: Iterable[str], pattern: str = "**/*") -> dict[str, str | None]:
        """The hashes of files, and of the files in folders."""
        paths = [Path(name) for name in sorted(names)]
        files = [f for p in paths for f in (sorted(p.glob(pattern)) if p.is_dir() else [p])]
        return {str(file): self.of(file) for file in files if file.is_file()}

    def keep(self) -> None:
        """Write down what is known."""
        write_whole(self._file, orjson.dumps(self._known))


class Run:
    """Stages, and what the lock file says of them; `forced` ones run also if they are fresh."""

    def __init__(
        self, stages: Sequence[Stage], lock: Path, folder: Path, forced: Collection[str]
    ) -> None:
        self._stages, self._lock, self._forced = stages, lock, forced
        self.hashes = Hashes(folder / ".hashes.json")
        try:
            self._records = _RECORDS.validate_json(lock.read_bytes() if lock.exists() else b"{}")
        except (OSError, ValidationError):
            raise UsageError(
                f"{lock}: not what seapo run wrote: restore it, or remove it"
            ) from None

    def dry_run(self) -> Iterator[str]:
        """A line on each stage: why it would run, or that it would not."""
        running: list[Stage] = []
        for stage in self._stages:
            above = [one for one in running if stage.needs(one)]
            why, _ = self._why(stage, [path for one in above for path in one.writes.values()])
            if above:
                verb = "would run" if why else "may run"
                why.append(f"an earlier stage runs ({', '.join(one.name for one in above)})")
            running += [stage] * bool(why)
            yield f"{stage.name}: " + (
                f"{verb if above else 'would run'}: {'; '.join(why)}" if why else "fresh"
            )

    def run(self) -> int:
        """Run what must be; returns the exit code: 3 if rows failed, now or when they ran."""
        ran = 0
        for stage in self._stages:
            why, new = self._why(stage)
            if not why:
                continue
            tell(f"seapo run: {stage.name}: {'; '.join(why)}")
            self._clear(stage, new)
            # From here on, what has these names is a stage's.
            paths, old = dict.fromkeys(stage.writes.values()), self._records.get(stage.name, new)
            self._write(stage, new, outputs=paths | old.outputs)
            code, stop = _call(stage)
            self._write(stage, new, outputs=paths | self.hashes.below(paths, "*"), exit_code=code)
            if stop or code not in (0, 3):
                tell(f"seapo run: stopped at {stage.name}; the same command goes on from there")
                return stop or code
            ran += 1
        tell(f"seapo run: {ran} of {len(self._stages)} stages ran, the others are fresh")
        return max(self._records[stage.name].exit_code or 0 for stage in self._stages)

    def _why(self, stage: Stage, coming: Sequence[str] = ()) -> tuple[list[str], Record]:
        """Why a stage must run, and its new record; `coming` are paths that change before."""
        try:
            made_by = dict(_made_by(stage, self.hashes))
        except UsageError as error:
            raise UsageError(f"{stage.name}: {error}") from None
        new = Record(command=shlex.join(["seapo", *stage.arguments]), made_by=made_by)
        old, why = self._records.get(stage.name), ["forced"] * (stage.table in self._forced)
        if old is None:
            return [*why, "never run"], new
        if old.exit_code not in (0, 3):
            why.append("it did not finish")
        for key in sorted(old.made_by.keys() | made_by.keys()):
            one, other = old.made_by.get(key), made_by.get(key)
            if one != other and not any(within(key, f"input {path}") for path in coming):
                hashed = key.startswith(("input ", "prompt file "))
                change = "changed" if one and other else "is new" if other else "is gone"
                why.append(f"{key} {change}" if hashed else f"{key}: {one} -> {other}")
        for path in (path for path in stage.writes.values() if "://" not in path):
            made = {name: kept for name, kept in old.outputs.items() if within(name, path)}
            now = {name: self.hashes.of(name) for name in made if made[name]}
            if not made or None in now.values():
                why.append(f"output {path} is missing")
            elif any(made[name] != digest for name, digest in now.items()):
                why.append(f"output {path} was changed by hand")
        return why, new

    def _clear(self, stage: Stage, new: Record) -> None:
        """Make room for outputs: nothing is overwritten but what a stage left there, as it was."""
        old = self._records.get(stage.name)
        made = {name: kept for one in self._records.values() for name, kept in one.outputs.items()}
        for path in stage.writes.values():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            known = {name: kept for name, kept in made.items() if within(name, path)}
            if os.path.lexists(path) and not known:
                raise UsageError(
                    f"{stage.name}: {path} exists, and {self._lock} does not name it: move it away"
                )
            # `train` goes on in its folder, but only with the same settings and pairs.
            if (
                Path(path).is_dir()
                and path == stage.output
                and not (old and old.made_by == new.made_by)
            ):
                _move(path)
            for name in (name for name, kept in known.items() if kept):
                if self.hashes.of(name) not in (None, known[name]):
                    _move(name)

    def _write(self, stage: Stage, record: Record, **more: Any) -> None:
        self._records[stage.name] = record.model_copy(update=more)
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        values = orjson.dumps(_RECORDS.dump_python(self._records), option=options)
        write_whole(self._lock, masked(values))


def _made_by(stage: Stage, hashes: Hashes) -> Iterator[tuple[str, Any]]:
    """What determines the outputs of a stage."""
    options = dict(stage.options)
    for flag, (_, about) in stage.known.items():
        if given := next(filter(None, map(os.environ.get, listed(about.env))), None):
            options.setdefault(flag, given.split() if about.parse is parse.names else given)
    if "seed" in stage.known:
        options.setdefault("seed", 0)
    asks = "model" in stage.known and _ASKED_IF.get(stage.command, "input") in options
    backend = {place.name.replace("_", "-") for place in settings_fields(BackendSettings)}
    idle = {"base-url", "backend", "model"} | (set() if asks else backend)
    yield "seapo", __version__
    yield "command", stage.command
    yield "model", _model(stage, options, hashes) if asks else None
    for flag, value in options.items():
        if flag not in idle and (flag == "input" or stage.known[flag][1].group != "Requests"):
            yield f"setting {flag}", value
    for name, path in _prompts(stage, options):
        yield f"prompt file {name}", hashes.of(path)
    for name, digest in hashes.below(stage.reads).items():
        yield f"input {name}", digest


def _model(stage: Stage, options: Mapping[str, Any], hashes: Hashes) -> str:
    """What answers: a model at an endpoint, or one here; the packaged one by its hash."""
    named = ", ".join(map(str, listed(options.get("model"))))
    if "backend" in stage.known:
        parts = [
            name for name in ("backend", "base-url", "batch-out", "batch-in") if name in options
        ]
        given = {name.replace("-", "_"): options[name] for name in parts}
        key = os.environ.get("OPENAI_API_KEY")
        settings = BackendSettings.checked(**given, model=named or None, api_key=key)
        settings.hide_secrets()
        if settings.chosen() in ("openai", "batch"):
            return f"{named or 'default'} at {settings.address or 'OpenAI'}"
    return named or f"{(path := find_model(None)).name} sha256 {hashes.of(path)}"


def _prompts(stage: Stage, options: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """The files with wordings that a stage uses: the names and the paths."""
    mode = options.get("mode", "auto")
    modes = [f"modes/{one}" for one in (["propose", "menu"] if mode == "auto" else [mode])]
    judged = "judge" in str(options.get(_ASKED_IF.get(stage.command, "")))
    found = {"inject": modes, "profile": ["judge/classify"]}.get(
        stage.command, ["judge/compare"] * judged
    )
    if "error-type" in stage.known:
        default = list(stage.known["error-type"][0].default)
        types = parse.names(map(str, listed(options.get("error-type", default))))
        mix = [part.partition("=")[0].strip() for part in str(options.get("mix", "")).split(",")]
        for name in filter(None, [*types, *mix]):
            if Path(name).is_file():
                yield name, Path(name)
            else:
                found += [kind.name for kind in load_error_types([name])]
    for name in found:
        yield f"{name}.md", folder() / f"{name}.md"


def _move(path: str) -> None:
    number = next(n for n in range(1, sys.maxsize) if not os.path.lexists(f"{path}.{n}"))
    Path(path).rename(f"{path}.{number}")
    tell(f"seapo run: {path} is kept as {path}.{number}")


def _call(stage: Stage) -> tuple[int, int]:
    """Run a stage: its exit code, and one to stop with if a signal came.

    In a process group of its own, it gets a signal once, to this process or from the terminal.
    """
    came, child = list[int](), list[subprocess.Popen[bytes]]()

    def pass_on(number: int, _: object) -> None:
        came.append(number)
        for one in child:
            one.send_signal(number)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heeded = [number for number in signals if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heeded}
    try:
        # -P: what lies in the file's folder is not imported.
        command = [sys.executable, "-P", "-m", "seapo_cli", *stage.arguments]
        child.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0))
        for number in came[:1]:
            child[0].send_signal(number)
        code = child[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code, 128 + came[0] if came else 0
