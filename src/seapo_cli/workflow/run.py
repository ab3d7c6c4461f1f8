"""Running what must be: a lock file says what made each output; what would now is compared."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from seapo_cli import __version__
from seapo_cli.backends.models import find_model
from seapo_cli.exceptions import UsageError
from seapo_cli.io.whole_files import write_whole
from seapo_cli.mistakes.error_types import folder
from seapo_cli.options import BackendSettings
from seapo_cli.text.safe import masked, tell
from seapo_cli.workflow.plan import Stage

Facts = dict[str, Any]
"""Of one stage: its settings, the hashes of what it reads and writes, how it ended."""
_BEGUN, _DONE = "begun", (0, 3)
"""In place of an output's hash while a stage runs; the exit codes of one that has finished."""
_LOCK = TypeAdapter(dict[str, Facts])
_TICK_NS = 20_000_000
"""Two changes within a tick of a file system's clock may leave the same time."""


class Hashes:
    """SHA-256 of files, kept by their status: what is unchanged is not read again."""

    def __init__(self, file: Path) -> None:
        self._file, self._known = file, dict[str, str]()
        with suppress(OSError, ValueError, TypeError):
            self._known = dict(orjson.loads(file.read_bytes()))

    def of(self, path: Path) -> str | None:
        """The hash of a file, or of all in a folder but checkpoints; None if there is nothing."""
        if not path.is_file():
            below = {one.parts[len(path.parts) :]: one for one in path.rglob("*") if one.is_file()}
            names = [name for name in sorted(below) if "checkpoints" not in name]
            every = repr([(name, self.of(below[name])) for name in names])
            return hashlib.sha256(every.encode()).hexdigest() if names else None
        with suppress(OSError), path.open("rb") as file:
            now, found = time.time_ns(), os.fstat(file.fileno())
            key = f"{found.st_ino} {found.st_size} {found.st_ctime_ns}"
            digest = self._known.get(key) or hashlib.file_digest(file, "sha256").hexdigest()
            if now - found.st_ctime_ns > _TICK_NS:
                self._known[key] = digest
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
            self._made = _LOCK.validate_json(lock.read_bytes() if lock.exists() else b"{}")
        except (OSError, ValidationError):
            raise UsageError(f"{lock}: not as seapo run wrote it: restore or remove it") from None

    def dry_run(self) -> Iterator[str]:
        """A line on each stage: why it would run, or that it would not."""
        coming: dict[str, str] = {}
        for stage in self._stages:
            why = self._why(stage, self._facts(stage))
            if above := {coming[path] for path in stage.reads & coming.keys()}:
                why.append(f"an earlier stage runs ({', '.join(sorted(above))})")
            if why:
                coming |= dict.fromkeys(stage.writes.values(), stage.name)
            yield f"{stage.name}: would run: {'; '.join(why)}" if why else f"{stage.name}: fresh"

    def run(self) -> int:
        """Run what must be; returns the exit code: 3 if rows failed, now or when they ran."""
        ran = 0
        for stage in self._stages:
            facts = self._facts(stage)
            if not (why := self._why(stage, facts)):
                continue
            tell(f"seapo run: {stage.name}: {'; '.join(why)}")
            self._make_room(stage, facts)
            self._write(stage, facts | dict.fromkeys(self._outputs(stage), _BEGUN))
            code = _call(stage)
            self._write(stage, facts | self._outputs(stage) | {"exit code": code})
            if code not in _DONE:
                tell(f"seapo run: stopped at {stage.name}; the same command goes on from there")
                return code
            ran += 1
        tell(f"seapo run: {ran} of {len(self._stages)} stages ran, the others are fresh")
        return max((self._made[stage.name]["exit code"] for stage in self._stages), default=0)

    def _facts(self, stage: Stage) -> Facts:
        """What determines the outputs of a stage, and what these are."""
        found: Facts = {"seapo": __version__, **self._outputs(stage)}
        settings, key = stage.settings, os.environ.get("OPENAI_API_KEY")
        if "base-url" in settings:
            kind, url = settings["backend"] or "auto", settings["base-url"]
            backend = BackendSettings.checked(backend=kind, base_url=url, api_key=key)
            backend.hide_secrets()
            is_remote = backend.chosen() == "openai"
            settings["base-url"] = (backend.address or "OpenAI") if is_remote else None
            found["prompt files"] = self._hashes.of(folder())
        if settings.get("model", "") is None and not settings.get("base-url"):
            with suppress(UsageError):  # not installed: a stage that needs it says so
                packaged = find_model(None)
                settings["model"] = f"{packaged.name} sha256 {self._hashes.of(packaged)}"
        found |= {f"setting {flag}": value for flag, value in settings.items()}
        found |= {f"input {name}": self._hashes.of(Path(name)) for name in stage.reads}
        return {key: value for key, value in found.items() if value is not None}

    def _outputs(self, stage: Stage) -> Facts:
        return {f"output {path}": self._hashes.of(Path(path)) for path in stage.writes.values()}

    def _why(self, stage: Stage, facts: Facts) -> list[str]:
        """Why a stage must run; nothing if it need not."""
        if (old := self._made.get(stage.name)) is None:
            return ["never run"]
        if old.get("exit code") not in _DONE:
            return ["it did not finish"]
        why = []
        for key in sorted((old.keys() | facts.keys()) - {"command", "exit code"}):
            one, other = old.get(key), facts.get(key)
            if one != other:
                hashed = key.startswith(("input ", "output ", "prompt files"))
                change = "changed" if one and other else "is new" if other else "is missing"
                why.append(f"{key} {change}" if hashed else f"{key}: {one} -> {other}")
        return why

    def _make_room(self, stage: Stage, facts: Facts) -> None:
        """Have nothing overwritten but what a stage left there, as it left it."""
        for path in map(Path, stage.writes.values()):
            path.parent.mkdir(parents=True, exist_ok=True)
            name = f"output {path}"
            left = {made[name] for made in self._made.values() if name in made}
            if os.path.lexists(path) and not left & {facts.get(name), _BEGUN}:
                text = f"{path} exists, but not as a run of this file left it: move it away"
                raise UsageError(f"{stage.name}: {text}, or name another file")
        # `train` and Ray go on in a folder where they did not finish, but want an empty one else.
        before = self._made.get(stage.name, {"exit code": 0})
        if Path(stage.output).is_dir() and before.get("exit code") in _DONE:
            aside = Path(stage.output).rename(f"{stage.output}.{time.strftime('%Y%m%d-%H%M%S')}")
            tell(f"seapo run: {stage.output} is kept as {aside}")

    def _write(self, stage: Stage, facts: Facts) -> None:
        self._made[stage.name] = facts | {"command": shlex.join(["seapo", *stage.arguments])}
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        write_whole(self._lock, masked(orjson.dumps(self._made, option=options)))


def _call(stage: Stage) -> int:
    """Run a stage; returns its exit code.

    In a process group of its own, it gets each Ctrl-C once, be it from a terminal or to this
    process, which never ends before it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    # -P: what lies in the file's folder is not imported.
    command = [sys.executable, "-P", "-m", "seapo_cli", *stage.arguments]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    stopped = False
    while child.returncode is None:
        try:
            child.wait()
        except KeyboardInterrupt:
            stopped = True
            child.send_signal(signal.SIGINT)
    if stopped:
        raise KeyboardInterrupt
    return child.returncode if child.returncode >= 0 else 128 - child.returncode
