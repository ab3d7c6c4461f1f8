"""One worker: shards through a stage, one after the other, with one backend for all."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from seapo_cli.backends import connect
from seapo_cli.backends.base import Backend
from seapo_cli.engine.failures import SHOWN_REASONS, FailureReport
from seapo_cli.engine.files import Outputs
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.run import Run
from seapo_cli.engine.session import ModelUse, new_tally
from seapo_cli.engine.stage import Stage
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import TooManyErrors, UsageError
from seapo_cli.io.jsonl import open_input
from seapo_cli.rows import Keys
from seapo_cli.runners.shards import Folder, Folders, Shard, ShardReport, one_line

ATTEMPTS = 3
"""How often a failing shard is tried."""
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to every shard."""

    stage: Stage
    """Unused: each shard gets a copy, so that none depends on which came before it."""
    keys: Keys
    model: ModelUse | None
    folders: Folders
    max_errors: int | None = None


class Worker:
    """Runs shards; the backend is connected with the first and kept, as a model loads slowly."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._loop = asyncio.Runner()
        self._backend: Backend | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of Ray Data: a shard in, its report out."""
        report = self.work(Shard.model_validate_json(row["shard"]))
        return {"report": report.model_dump_json()}

    def work(self, shard: Shard) -> ShardReport:
        """Run one shard, again if need be; never raises."""
        return self._loop.run(self._tried(shard))

    async def _tried(self, shard: Shard) -> ShardReport:
        reason = ""
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
            try:
                report = await self._run(shard)
                Folder(self._plan.folders.output).record(report)
                return report
            except (UsageError, TooManyErrors) as error:
                return ShardReport(shard=shard, error=one_line(error))
            except Exception as error:  # of the stage, the backend or any file system
                reason = one_line(error)
                await self._disconnect()
        return ShardReport(shard=shard, error=f"{reason} (tried {ATTEMPTS} times)")

    async def _run(self, shard: Shard) -> ShardReport:
        plan, model = self._plan, await self._model()
        stage = deepcopy(plan.stage)
        tally = new_tally(model)
        notes = _Notes(stage.name, tally, shard.size)
        with ExitStack() as stack:
            # The output is entered first, so it gets its name last.
            output = stack.enter_context(Folder(plan.folders.output).file(shard.name))
            rejected, errors = (
                stack.enter_context(Folder(place).file(shard.name)) if place else None
                for place in (plan.folders.rejected, plan.folders.errors)
            )
            source = stack.enter_context(open_input(shard.path))
            outputs = Outputs(output, errors, rejected)
            report = FailureReport(stage.name, shard.path, tally, notes, errors, plan.max_errors)
            await Run(stage, plan.keys, model, source, outputs, report, notes, tally).stream()
            report.close()
        figures = dict(stage.figures())
        return ShardReport(shard=shard, tally=tally, figures=figures, notes=notes.said)

    async def _model(self) -> ModelUse | None:
        if self._plan.model is None:
            return None
        if self._backend is None:
            self._backend = await connect(self._plan.model.backend)
        return replace(self._plan.model, connected=self._backend)

    async def _disconnect(self) -> None:
        """A backend that failed may be broken for good: the next attempt makes a new one."""
        backend, self._backend = self._backend, None
        if backend is not None:
            await backend.close()


class _Notes(Progress):
    """Collects messages for the one process with a terminal."""

    def __init__(self, name: str, tally: Tally, total_bytes: int | None) -> None:
        super().__init__(name, tally, total_bytes)
        self.said: list[str] = []

    def update(self) -> None:
        """Does nothing: a shard is reported when it finishes."""

    def say(self, text: str) -> None:
        """Keep the first lines."""
        if len(self.said) < SHOWN_REASONS:
            self.said.append(text)
