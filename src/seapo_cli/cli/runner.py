"""Running a stage in this process, or over shards on Ray."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seapo_cli.exceptions import UsageError
from seapo_cli.extras import need
from seapo_cli.options import BackendSettings, EngineSettings, RowFiles, RunnerSettings, Settings

if TYPE_CHECKING:
    from seapo_cli.engine.files import Files
    from seapo_cli.engine.session import ModelUse
    from seapo_cli.engine.stage import Stage
    from seapo_cli.io.same_files import Place


def need_input(name: str) -> None:
    """Check that an input exists; a URL is checked when it is opened.

    Raises:
        UsageError: it does not.
    """
    if not (name == "-" or "://" in name or Path(name).exists()):
        raise UsageError(f"{name}: no such file")


def need_files(files: RowFiles, runner: RunnerSettings) -> None:
    """Check input and output before anything is loaded.

    Raises:
        UsageError: the input does not exist, or this runner cannot read it.
    """
    if runner.runner == "local":
        need_input(files.input)
    elif "-" in (files.input, files.output):
        raise UsageError("--runner ray: shards come from files and go to a folder: IN -o DIR")
    elif files.limit is not None or files.dry_run:
        option = "--dry-run" if files.dry_run else "--limit"
        raise UsageError(f"--runner ray: {option} is for one input: name a shard, --runner local")


def files_of(files: RowFiles, **more: Any) -> Files:
    """The files a run reads and writes; `more` are further fields of `Files`."""
    from seapo_cli.engine.files import Files

    errors = Path(files.errors) if files.errors else None
    return Files(files.input, files.output, errors, files.summary, limit=files.limit, **more)


def model_use(backend: BackendSettings, engine: EngineSettings) -> ModelUse:
    """Which model a stage asks, and how; the key is read from the environment only.

    Raises:
        UsageError: the options do not go together.
    """
    from seapo_cli.engine.session import ModelUse

    key = os.environ.get("OPENAI_API_KEY") or None
    return ModelUse(replace(backend, api_key=key), engine)


def run_here(stage: Stage, options: RowFiles, files: Files, model: ModelUse) -> None:
    """Run a stage, with a model if it asks one; exits with 3 if rows failed.

    Raises:
        SeapoError: the run could not be finished.
    """
    if options.dry_run:
        _dry_run(stage, options, files, model)
        return
    from seapo_cli.engine.run import run_stage

    use = model if stage.asks_model else None
    if run_stage(stage, files, options.keys(), use, options.max_errors).rows_failed:
        raise typer.Exit(3)


def _dry_run(stage: Stage, options: RowFiles, files: Files, model: ModelUse) -> None:
    """Print what a run would ask.

    Raises:
        UsageError: it asks no model.
    """
    if not stage.asks_model:
        raise UsageError(f"--dry-run: seapo {stage.name} asks no model here, and costs nothing")
    from seapo_cli.engine.dry import dry_run

    print(dry_run(stage, files, options.keys(), model))


def run(
    stage: Stage,
    settings: Settings,
    files: RowFiles,
    runner: RunnerSettings,
    model: ModelUse,
    *,
    rejected: str | None = None,
    also_written: Sequence[Place] = (),
    templates: Mapping[str, str] | None = None,
) -> None:
    """Run a stage here, or over shards; exits with 3 if rows failed.

    `settings` and `templates`, with the model, determine what the stage makes of a row.

    Raises:
        SeapoError: the run could not be finished.
    """
    if runner.runner == "local":
        places = files_of(files, rejected=rejected, also_written=also_written)
        run_here(stage, files, places, model)
        return
    from seapo_cli.runners.ray import run_shards
    from seapo_cli.runners.sharded import describe, run_sharded
    from seapo_cli.runners.shards import Folders
    from seapo_cli.runners.work import Plan

    use = model if stage.asks_model else None
    if use and use.backend.is_batch:
        raise UsageError(
            "--runner ray does not work with --batch-out or --batch-in, which send nothing"
        )
    if use and use.engine.has_limit:
        raise UsageError(
            "--runner ray does not work with --max-cost or --max-tokens-total, which are counted "
            "in one process"
        )
    need("--runner ray", "ray", "ray", "pyarrow")
    folders = Folders(files.output, files.errors, rejected)
    plan = Plan(stage, files.keys(), use, folders, files.max_errors)
    command = describe(plan, settings, templates or {})
    over_ray = partial(run_shards, settings=runner)
    if run_sharded(plan, files.input, command, files.summary, over_ray).rows_failed:
        raise typer.Exit(3)
