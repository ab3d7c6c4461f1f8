"""The stages as functions: streaming, ordered, also inside a running event loop."""

from __future__ import annotations

import asyncio
import itertools
import signal
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from running import prompts
from seapo_cli import inject, sample
from seapo_cli.exceptions import BackendFatal, UsageError
from seapo_cli.options import BackendSettings, EngineSettings, InjectSettings, SampleSettings
from servers import Behaviour, Fault, Server


@pytest.fixture
def use(server: Server, tmp_path: Path) -> dict[str, Any]:
    backend = BackendSettings.checked(base_url=server.url, model="mock")
    engine = EngineSettings.checked(store=tmp_path / "store.sqlite", concurrency=4, patience=0.5)
    return {"backend": backend, "engine": engine}


def test_rows_in_rows_out(use: dict[str, Any]) -> None:
    rows = list(sample(prompts(5), SampleSettings(n=2), **use))
    assert [row["id"] for row in rows] == [f"row-{n}" for n in range(5) for _ in range(2)]
    made = list(inject(rows[:3], InjectSettings(error_types=("style",)), **use))
    assert [row["error"]["type"] for row in made] == ["style"] * 3


def test_rows_stream_from_an_endless_source(use: dict[str, Any]) -> None:
    seen = itertools.count()

    def endless() -> Iterator[Mapping[str, Any]]:
        for number in itertools.count():
            next(seen)
            yield {"prompt": f"number {number}"}

    rows = sample(endless(), **use)
    assert len(list(itertools.islice(rows, 30))) == 30
    rows.close()  # type: ignore[attr-defined]
    assert next(seen) < 200


def test_inside_a_running_loop(use: dict[str, Any]) -> None:
    async def notebook() -> int:
        return len(list(sample(prompts(3), **use)))

    assert asyncio.run(notebook()) == 3


def test_failures_are_told(use: dict[str, Any], server: Server) -> None:
    server.set(Behaviour(faults=(Fault("status", 400, marker="001"),)))
    told = []
    rows = list(sample(prompts(3), **use, on_failure=lambda row, f: told.append((row, f.reason))))
    assert len(rows) == 2
    ((row, reason),) = told
    assert row["id"] == "row-1"
    assert "400" in reason


def test_the_end_of_all_hope_is_an_exception(use: dict[str, Any], server: Server) -> None:
    server.set(Behaviour(faults=(Fault("status", 401),)))
    with pytest.raises(BackendFatal, match="401"):
        list(sample(prompts(3), **use))


def test_ctrl_c_is_a_keyboard_interrupt(use: dict[str, Any], server: Server) -> None:
    server.set(Behaviour(faults=(Fault("hang"),)))
    before = threading.active_count()
    here = threading.get_ident()
    timer = threading.Timer(0.5, signal.pthread_kill, [here, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        list(sample(prompts(3), **use))
    timer.join()
    assert threading.active_count() <= before + 1  # the reader of rows, a daemon, may remain


def test_settings_that_are_wrong_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--patience"):
        EngineSettings(patience=-1)
    with pytest.raises(UsageError, match="no error type"):
        InjectSettings()
    with pytest.raises(UsageError, match="--nonsense"):
        BackendSettings(nonsense=1)  # type: ignore[call-arg]


def test_an_exception_never_carries_the_key(use: dict[str, Any], server: Server) -> None:
    server.set(Behaviour(faults=(Fault("status", 401),)))
    key = "sk-sentinel-77aa01"
    backend = BackendSettings(base_url=server.url, model="mock", api_key=key)
    with pytest.raises(BackendFatal) as caught:
        list(sample(prompts(1), **use | {"backend": backend}))
    assert key not in str(caught.value)
