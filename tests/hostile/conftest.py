"""Fixtures of the attacks, and the figures at their end."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hostile.bench import Bench, Zygote
from hostile.fault_server import FaultServer

_FIGURES: Counter[str] = Counter()
_SECONDS: Counter[str] = Counter()
_BEGUN = time.monotonic()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ray: needs Ray; leave out with -m 'not ray'")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="write what was tried to this file, as JSON")


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    found = Zygote()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def fault_server() -> Iterator[FaultServer]:
    found = FaultServer()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with random weights."""
    from tiny_model import save_tiny

    return save_tiny(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def training_zygote() -> Iterator[Zygote]:
    found = Zygote("training")
    yield found
    found.stop()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def bench(tmp_path: Path, zygote: Zygote) -> Bench:
    """A folder where nothing has been run, without a server."""
    return Bench(tmp_path / "work", zygote)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what tests counted with `record_property`; with xdist too, in the main process."""
    _SECONDS[Path(report.fspath).stem.removeprefix("test_")] += report.duration
    if report.when == "call":
        for name, value in report.user_properties:
            _FIGURES[name] += value


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    if not _FIGURES:
        return
    terminalreporter.section("attacks")
    for name, value in sorted(_FIGURES.items()):
        terminalreporter.write_line(f"{value:>10,} {name}")
    for name, seconds in sorted(_SECONDS.items()):
        terminalreporter.write_line(f"{seconds:>10,.0f} s of tests in {name}")
    if path := config.getoption("--figures"):
        outcomes = ("passed", "failed", "skipped")
        found = {
            **dict(sorted(_FIGURES.items())),
            "tests": {name: len(terminalreporter.stats.get(name, ())) for name in outcomes},
            "exit": int(exitstatus),
            "seconds": round(time.monotonic() - _BEGUN),
            "cores": os.cpu_count(),
            "load (15 minutes)": round(os.getloadavg()[2], 1),
        }
        path.write_text(json.dumps(found, indent=2) + "\n")
