"""Run the real `seapo` command as a child process, and check what every run owes its user."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import forked
from servers import Server

KEY = "sk-sentinel-4f1d2c"
"""The API key of every run; `Seapo` checks that it never shows up anywhere."""
SOURCES = Path(__file__).resolve().parent.parent / "src"
PATIENT = 120.0
"""Seconds after which a hanging child counts as broken."""

Data = Mapping[str, Any]


def heed_ctrl_c() -> None:
    """In a child: a shell's background jobs ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows on stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]


def prompts(count: int, text: str = "What is {}?", start: int = 0) -> list[dict[str, Any]]:
    """Rows with different prompts."""
    numbers = range(start, start + count)
    return [{"id": f"row-{n}", "prompt": text.format(f"number {n:03}")} for n in numbers]


def jsonl(rows: Iterable[Data]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@dataclass
class Seapo:
    """Runs `seapo` in a folder of its own, against one server."""

    folder: Path
    server: Server
    environment: dict[str, str] = field(default_factory=dict)
    fresh: bool = False
    """Whether every command gets a new interpreter."""

    def __post_init__(self) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "SEAPO_"))}
        home = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        home["XDG_CONFIG_HOME"] = str(self.folder / "config")
        path = os.pathsep.join(filter(None, [str(SOURCES), os.environ.get("PYTHONPATH")]))
        self.environment = {
            **inherited,
            **home,
            "PYTHONPATH": path,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.server.url,
            **self.environment,
        }

    def file(self, name: str, data: bytes | Iterable[Data]) -> str:
        """Write an input file; returns its path."""
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else jsonl(data))
        return str(path)

    def start(
        self,
        stage: str,
        *options: str,
        limits: Callable[[], None] | None = None,
        stdin: IO[bytes] | int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a command in a new interpreter, without waiting for it."""
        return self._start([stage, *self._defaults(stage, options), *options], limits, stdin)

    def start_bare(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command exactly as given, without waiting for it."""
        return self._start(arguments)

    def _start(
        self,
        arguments: Sequence[str],
        limits: Callable[[], None] | None = None,
        stdin: IO[bytes] | int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        def prepared() -> None:
            heed_ctrl_c()
            if limits:
                limits()

        return subprocess.Popen(
            [sys.executable, "-m", "seapo_cli", *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
            preexec_fn=prepared,
        )

    def _defaults(self, stage: str, options: tuple[str, ...]) -> list[str]:
        """The mock's model and a store in this folder, unless the options say otherwise."""
        chosen = [] if "--model" in options or stage == "store" else ["--model", "mock"]
        if "--store" not in options and "--no-store" not in options:
            chosen += ["--store", str(self.folder / "store.sqlite")]
        return chosen

    def run(
        self,
        stage: str,
        *options: str,
        stdin: bytes | Iterable[Data] = b"",
        limits: Callable[[], None] | None = None,
    ) -> Result:
        """Run a command to its end; with limits in a new interpreter, else in a fork."""
        data = stdin if isinstance(stdin, bytes) else jsonl(stdin)
        if limits or self.fresh:
            return self.finish(self.start(stage, *options, limits=limits), data)
        return self.bare(stage, *self._defaults(stage, options), *options, stdin=data)

    def bare(self, *arguments: str, stdin: bytes | Iterable[Data] = b"") -> Result:
        """Run the command exactly as given, to its end."""
        data = stdin if isinstance(stdin, bytes) else jsonl(stdin)
        if self.fresh:
            return self.finish(self._start(arguments), data)
        return self.finish(forked.start(arguments, self.environment, self.folder), data)

    def finish(self, process: subprocess.Popen[bytes], stdin: bytes | None = None) -> Result:
        """Wait for a command's end and check what it left behind."""
        try:
            stdout, stderr = process.communicate(stdin, timeout=PATIENT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        result = Result(process.returncode, stdout or b"", stderr.decode())
        assert "Traceback" not in result.stderr, result.stderr
        assert KEY not in result.stderr
        assert KEY.encode() not in result.stdout
        for path in filter(Path.is_file, self.folder.rglob("*")):
            assert KEY.encode() not in path.read_bytes(), f"the API key is in {path}"
        return result

    def errors(self, name: str = "errors.jsonl") -> list[dict[str, Any]]:
        """What an `--errors` file says."""
        return [json.loads(line) for line in (self.folder / name).read_bytes().splitlines()]

    def summary(self, name: str = "summary.json") -> dict[str, Any]:
        """What a `--summary` file says."""
        values: dict[str, Any] = json.loads((self.folder / name).read_bytes())
        return values


def scored_by(program: str, model: Path, *batches: object) -> list[Any]:
    """What a program that scores answers to each batch of questions."""
    done = subprocess.run(
        [sys.executable, "-m", f"seapo_cli.training.{program}", "--model", str(model)],
        input="".join(f"{json.dumps(batch)}\n" for batch in batches),
        env={"PYTHONPATH": str(SOURCES), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def killed_at_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Make sure that a started command does not outlive its test."""
    with process:
        try:
            yield process
        finally:
            process.kill()
