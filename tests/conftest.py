"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from running import Seapo
from servers import Behaviour, Server, serve

settings.register_profile("seapo", deadline=None)  # other work on the machine is not a failure
settings.load_profile("seapo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A skipped test is a failure.")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where tests were skipped that a make target has installed all things for."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter else None
    if skipped and session.config.getoption("--no-skips") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"\n--no-skips: {len(skipped)} skipped, see below", red=True)


@pytest.fixture(scope="session")
def _server_process() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def server(_server_process: Server) -> Server:
    """A mock model server without faults and with an empty log, shared by all tests."""
    _server_process.set(Behaviour())
    return _server_process


@pytest.fixture
def seapo(tmp_path: Path, server: Server) -> Seapo:
    """The command, in an empty folder, against that server."""
    return Seapo(tmp_path, server)
