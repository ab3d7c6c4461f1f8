"""What all benchmarks share: machine facts, child processes with their cost, tables, JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
SEAPO = (sys.executable, "-m", "seapo_cli")
_PACKAGES = ("seapo-cli", "openai", "aiohttp", "typer", "pydantic", "orjson", "xllamacpp")

Row = Mapping[str, object]


def machine() -> dict[str, Any]:
    """Where and when the figures were taken."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "commit": _commit(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str | None:
    """The git commit, with `+` where the sources differ from it; None before the first."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    changes = subprocess.run([*git, "status", "--porcelain", "src", "prompts"], capture_output=True)
    return head.stdout.strip() + ("+" if changes.stdout else "") if not head.returncode else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a child process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    """Largest resident set of the process itself."""
    code: int
    stderr: str


def environment(**extra: str) -> dict[str, str]:
    """This process's environment with the checkout's `src` importable, and `extra`."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **extra}


def measure(command: Sequence[str], folder: Path, *, ok: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end, with stderr kept in `folder`.

    Raises:
        SystemExit: it ended with another exit code than `ok`.
    """
    errors = folder / "stderr.txt"
    with errors.open("wb") as stderr:
        begun = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=stderr, env=environment(), cwd=ROOT
        )
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu, text = used.ru_utime + used.ru_stime, errors.read_text(errors="replace")
    if child.returncode not in ok:
        raise SystemExit(f"{' '.join(command)}\nended with {child.returncode}:\n{text[-2000:]}")
    return Cost(wall, cpu, used.ru_maxrss / 1024, child.returncode, text)


@contextmanager
def fast_server(latency: float = 0.0) -> Iterator[str]:
    """A `fast_server.py` in a process of its own; yields its base URL."""
    program = Path(__file__).with_name("fast_server.py")
    process = subprocess.Popen(
        [sys.executable, str(program), "--latency", str(latency)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.communicate()


def write_prompts(path: Path, rows: int, size: int = 2400) -> None:
    """`rows` JSONL rows with different prompts of `size` bytes."""
    filler = "The quick brown fox jumps over the lazy dog. " * (size // 45 + 1)
    write_rows(
        path,
        (
            {"id": f"row-{number}", "prompt": f"Question {number}: {filler}"[:size]}
            for number in range(rows)
        ),
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Rows as JSONL."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def show(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a plain table."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}")
    for number, line in enumerate(cells):
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if type(value) is int else "-" if value is None else str(value)


def save(name: str, result: Mapping[str, Any]) -> None:
    """Write `results/NAME.json`: machine facts and the result."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps({"machine": machine(), **result}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n")
    print(f"\nwritten: {path.relative_to(ROOT)}")


def packaged(target: Path, dtype: str = "bfloat16") -> Path:
    """The packaged GGUF model as a folder that all training loops load."""
    from seapo_cli.backends.models import find_model

    program = Path(__file__).with_name("gguf_to_hf.py")
    command = [sys.executable, program, find_model(None), target, f"--dtype={dtype}"]
    subprocess.run(
        command, check=True, env=environment(TQDM_DISABLE="1"), stdout=subprocess.DEVNULL
    )
    return target
