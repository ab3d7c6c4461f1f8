"""What a worker does: one stage over one shard after the other, on a model that stays loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from seapo_cli.backends import connect
from seapo_cli.engine.job import Files, Job
from seapo_cli.engine.pipeline import Reporting
from seapo_cli.engine.session import ModelUse
from seapo_cli.errors import SeapoError, TooManyErrors, UsageError
from seapo_cli.runners.shards import Folder, Shard

ATTEMPTS = 2
"""Times that a shard is tried before it counts as failed."""

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a shard."""

    shard: Shard
    counts: Mapping[str, int]
    """Those of `Tally`."""
    figures: Mapping[str, Any]
    """What the stage tells besides."""
    error: str | None = None
    """Why there is no output."""


class Worker:
    """Lives in a process of its own; Ray calls it with rows of shards."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._loop = asyncio.new_event_loop()

    def __call__(self, row: Told) -> Told:
        """Work on the shard of a row; failures are told, not raised."""
        shard = Shard(**row)
        for _ in range(ATTEMPTS):
            try:
                found = self._run(shard)
                break
            except SeapoError as error:
                found = Finished(shard, {}, {}, str(error))
                if isinstance(error, UsageError | TooManyErrors):
                    break
        return {"finished": orjson.dumps(asdict(found))}  # Arrow would merge their keys

    def _run(self, shard: Shard) -> Finished:
        files = self._job.files
        with TemporaryDirectory() as name:
            parts = {part: Path(name) / part for part in ("output", "errors", "rejected")}
            job = replace(
                self._job,
                # A fresh stage: what it remembers, duplicates say, would depend on the worker.
                stage=deepcopy(self._job.stage),
                model=self._model,
                files=Files(
                    input=shard.source,
                    output=str(parts["output"]),
                    errors=parts["errors"],
                    rejected=files.rejected and str(parts["rejected"]),
                ),
            )
            tally = self._loop.run_until_complete(job.run_async())
            stage = job.stage
            figures = stage.figures() if isinstance(stage, Reporting) else {}
            found = Finished(shard, tally.counts(), figures)
            self._publish(found, parts)
        return found

    def _publish(self, found: Finished, parts: Mapping[str, Path]) -> None:
        output, files = Folder(self._job.files.output), self._job.files
        output.put_errors(found.shard, parts["errors"])
        if files.rejected:
            Folder(files.rejected).put(parts["rejected"], found.shard.name)
        output.put(parts["output"], found.shard.name)
        output.finish(found.shard, {"counts": found.counts, "figures": found.figures})

    @cached_property
    def _model(self) -> ModelUse | None:
        """The model, connected once for all shards."""
        model = self._job.model
        if model is None:
            return None
        backend = self._loop.run_until_complete(connect(model.backend))
        return replace(model, connected=backend)
