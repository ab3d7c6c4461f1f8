"""A stage from file to file: what a plain one need not write, and what one that waits says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from running import jsonl, prompts
from seapo_cli.engine.files import Files
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.pipeline import finished
from seapo_cli.engine.run import run_stage
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import NothingDone, RowError, Unfinished
from seapo_cli.rows import Keys, Row


class Upper(Stage):
    """All that a plain stage has to be."""

    name = "upper"

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        assert model is None
        return Outcome([row.extended(loud=row.messages[-1].content.upper())])


class Slow(Upper):
    """Waits the longer the earlier the row."""

    at_once = 3

    def __init__(self) -> None:
        self.open = self.most = 0

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0.05 / row.line)
        self.open -= 1
        return await super().process(row, model)


class Failing(Upper):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure

    async def process(self, row: Row, model: Gateway | None) -> Outcome:  # noqa: ARG002
        return Outcome(failures=[self.failure])


def files(folder: Path, count: int) -> Files:
    (folder / "in.jsonl").write_bytes(jsonl(prompts(count)) + b"not JSON\n")
    return Files(str(folder / "in.jsonl"), str(folder / "out.jsonl"), summary=folder / "summary")


def written(places: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(places.output).read_bytes().splitlines()]


@pytest.mark.parametrize("stage", [Upper(), Slow()])
def test_rows_come_in_order_and_a_bad_one_costs_itself(tmp_path: Path, stage: Stage) -> None:
    places = files(tmp_path, 30)
    tally = run_stage(stage, places, Keys())
    assert (tally.rows_in, tally.rows_out, tally.rows_failed) == (31, 30, 1)
    told = [row["loud"] for row in written(places)]
    assert told == [f"WHAT IS NUMBER {n:03}?" for n in range(30)]
    assert json.loads((tmp_path / "summary").read_bytes())["rows_failed"] == 1


def test_one_that_waits_works_on_several_rows(tmp_path: Path) -> None:
    stage = Slow()
    run_stage(stage, files(tmp_path, 60), Keys())
    assert 3 <= stage.most <= 3 * 4, "four rows are held for each that is worked on"


@pytest.mark.parametrize(
    ("failure", "error", "told"),
    [
        (Failure("no"), NothingDone, "no row succeeded, 4 failed"),
        (Failure("do this", pending=True), Unfinished, "3 rows wait for answers: do this"),
    ],
)
def test_how_a_run_without_rows_ends(
    tmp_path: Path, failure: Failure, error: type[Exception], told: str
) -> None:
    places = files(tmp_path, 3)
    with pytest.raises(error, match=told):
        run_stage(Failing(failure), places, Keys())
    assert not Path(places.output).exists()
    assert (tmp_path / "summary").exists()


def test_without_an_event_loop_nothing_may_wait() -> None:
    async def three() -> int:
        return 3

    async def bad() -> None:
        raise RowError("bad")

    assert finished(three()) == 3
    with pytest.raises(RowError, match="bad"):
        finished(bad())
    with pytest.raises(RuntimeError, match="at_once"):
        finished(asyncio.sleep(0))
