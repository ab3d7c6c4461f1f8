"""`seapo pair`."""

from __future__ import annotations

from typing import Annotated

import typer

from seapo_cli.cli.command import Shown, expanded
from seapo_cli.cli.runner import files_of, model_use, need_input
from seapo_cli.options import BackendSettings, EngineSettings, PairFiles, PairSettings

_JUDGE = Shown(without=("batch_out", "batch_in"), group="Judge, for --positive judge")


@expanded
def pair(
    settings: PairSettings,
    files: PairFiles,
    backend: Annotated[BackendSettings, _JUDGE],
    engine: EngineSettings,
) -> None:
    """Make preference pairs in a trainer's format: one or more for each prompt.

    seapo pair kept.jsonl -o pairs.jsonl --format trl
    """
    need_input(files.input)
    from seapo_cli.stages.pair import PairJob

    job = PairJob(
        settings=settings,
        files=files_of(files),
        keys=files.keys(),
        evaluation=files.eval_output,
        dataset_info=files.dataset_info,
        model=model_use(backend, engine) if settings.positive == "judge" else None,
        max_errors=files.max_errors,
    )
    if job.run().rows_failed:
        raise typer.Exit(3)
