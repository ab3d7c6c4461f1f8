"""Runs of `seapo` that are allowed to go wrong, and what every one of them has promised."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from running import SOURCES

KEY = "sk-sentinel-hostile-7d41c0ffee"
"""The API key of every run: it may not show up anywhere."""
DOCUMENTED = {0, 1, 2, 3, 4, 130}
PATIENT = 180.0
"""Seconds after which a run counts as one that does not end by itself."""
MOST_MEMORY = 4 << 30
"""Bytes of address space: what takes more is stopped, before the machine is."""
_MOST_LINES = 30
_TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    arguments: Sequence[str]
    code: int
    seconds: float
    peak_mb: int
    orphans: Sequence[str]
    stdout: bytes
    stderr: str

    def __str__(self) -> str:
        shown = " ".join(self.arguments)
        text = f"`{shown[:300]}` ended with {self.code}: {self.stderr[-600:]}"
        return text.encode(errors="backslashreplace").decode()


class Zygote:
    """A loaded interpreter that starts runs; ends with this process."""

    def __init__(self, kind: str = "cli") -> None:
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH")]))
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(_TESTS / "hostile" / "zygote.py"), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            text=True,
        )

    def start(self, spec: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(spec) + "\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        self._process.communicate()


@dataclass
class Running:
    """A run on its way."""

    arguments: Sequence[str]
    control: Path

    @property
    def pid(self) -> int:
        """Its process, once it has begun."""
        return int(self._wait("pid", PATIENT))

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; whether it was still there."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def ended(self, patience: float = PATIENT) -> Ended:
        """Wait for its end; what does not end in time is killed, with code -9."""
        try:
            told = json.loads(self._wait("ended", patience))
        except TimeoutError:
            self.send(signal.SIGKILL)
            told = json.loads(self._wait("ended", PATIENT))
        stdout, stderr = self.control / "stdout", self.control / "stderr"
        return Ended(
            self.arguments,
            stdout=stdout.read_bytes() if stdout.exists() else b"",
            stderr=stderr.read_bytes().decode(errors="replace") if stderr.exists() else "",
            **told,
        )

    def _wait(self, name: str, patience: float) -> str:
        limit, path = time.monotonic() + patience, self.control / name
        while not path.exists():
            if time.monotonic() > limit:
                raise TimeoutError(f"no {name} of `{' '.join(self.arguments)}`")
            time.sleep(0.005)
        return path.read_text()


@dataclass
class Bench:
    """A folder where runs take place, against a server at `url`."""

    folder: Path
    zygote: Zygote
    url: str = "http://127.0.0.1:9/v1"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
        inherited = {name: os.environ[name] for name in kept if name in os.environ}
        scratch = self.folder / "tmp"
        scratch.mkdir(exist_ok=True)
        self.environment = {
            **inherited,
            "PYTHONPATH": os.pathsep.join([str(SOURCES), inherited.get("PYTHONPATH", "")]),
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TMPDIR": str(scratch),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.url,
            "SEAPO_STORE": str(self.folder / "store.sqlite"),
            "OMP_NUM_THREADS": "1",
            **self.environment,
        }

    def file(self, name: str, rows: bytes | Sequence[Mapping[str, Any]]) -> Path:
        """Write an input file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = rows if isinstance(rows, bytes) else b"".join(map(line, rows))
        path.write_bytes(data)
        return path

    def start(
        self,
        *arguments: str,
        program: str = "cli",
        stdin: str | None = os.devnull,
        stdout: str | None = "",
        stderr: str | None = "",
        limits: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        grace: float = 5.0,
    ) -> Running:
        """Start a run. A file of None is closed, of "" kept for `Ended`.

        Within `grace` seconds after it, what it started has to end as well.
        """
        control = Path(tempfile.mkdtemp(prefix="control-", dir=self.folder.parent))
        kept = [str(control / "stdout") if stdout == "" else stdout]
        kept += [str(control / "stderr") if stderr == "" else stderr]
        spec = {
            "arguments": arguments,
            "program": program,
            "control": str(control),
            "grace": grace,
            "folder": str(self.folder),
            "environment": {**self.environment, **(environment or {})},
            "files": [stdin, *kept],
            "limits": {"AS": MOST_MEMORY, **(limits or {})} if program != "exec" else limits or {},
        }
        self.zygote.start(spec)
        return Running(arguments, control)

    def run(self, *arguments: str, **how: Any) -> Ended:
        """Run to the end, in the loaded interpreter."""
        return self.start(*arguments, **how).ended()

    def real(self, *arguments: str, **how: Any) -> Ended:
        """Run to the end, as a user's shell would."""
        command = (sys.executable, "-m", "seapo_cli", *arguments)
        return self.start(*command, program="exec", **how).ended()

    def rows(self, name: str) -> list[Any]:
        """The rows of a file; none where it is missing."""
        path = self.folder / name
        return [json.loads(one) for one in path.read_bytes().splitlines()] if path.exists() else []

    def broken(self, ended: Ended, codes: set[int] = DOCUMENTED) -> list[str]:
        """Which promises of every run this one broke, each as one line."""
        found = []
        if ended.code not in codes:
            found.append(f"exit code {ended.code}, not one of {sorted(codes)}")
        if "Traceback" in ended.stderr or "Exception ignored" in ended.stderr:
            found.append("a traceback: " + ended.stderr.strip().splitlines()[-1][:200])
        if KEY in ended.stderr or KEY.encode() in ended.stdout:
            found.append("the API key on a terminal")
        if ended.stderr.count("\n") > _MOST_LINES:
            found.append(f"{ended.stderr.count(chr(10))} lines on stderr")
        if ended.code in (1, 2) and not ended.stderr.strip():
            found.append("no word why it failed")
        if any(ord(one) < 32 and one not in "\n\t\r" for one in ended.stderr):
            found.append(f"control characters on stderr: {ended.stderr!r:.200}")
        if ended.orphans:
            found.append(f"left running: {ended.orphans}")
        found += [f"the API key is in {path.name}" for path in self.files_with(KEY.encode())]
        return [f"{one} -- {ended}" for one in found]

    def files_with(self, text: bytes) -> list[Path]:
        """Files of the folder that hold a text."""
        found = []
        for path in self.folder.rglob("*"):
            try:
                if path.is_file() and text in path.read_bytes():
                    found.append(path)
            except OSError:  # gone meanwhile
                continue
        return found

    def scratch(self) -> list[str]:
        """What a run should have taken away behind it."""
        kept = list((self.folder / "tmp").rglob("*"))
        kept += [p for p in self.folder.rglob("*") if p.suffix == ".part" or ".seapo" in p.name]
        return sorted({str(path.relative_to(self.folder)) for path in kept})


def line(row: Any) -> bytes:
    """One row as a line of JSON."""
    return json.dumps(row).encode() + b"\n"


def fill(folder: Path, leave: int) -> Path:
    """Fill a file system but for some bytes; the file that does."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    os.truncate(filler, filler.stat().st_size - leave)
    return filler
