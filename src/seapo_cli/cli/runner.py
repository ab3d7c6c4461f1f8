"""Running a stage: in this process, or over shards on Ray."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from seapo_cli.exceptions import UsageError
from seapo_cli.options import BackendSettings, EngineSettings, RowFiles, RunnerSettings, Settings

if TYPE_CHECKING:
    from seapo_cli.engine.job import Files
    from seapo_cli.engine.pipeline import AnyStage
    from seapo_cli.engine.session import ModelUse
    from seapo_cli.rows import Keys


def need_input(name: str) -> None:
    """Check that an input is there; a URL is looked up when it is opened.

    Raises:
        UsageError: it is not.
    """
    if not (name == "-" or "://" in name or Path(name).exists()):
        raise UsageError(f"{name}: no such file")


def need_files(files: RowFiles, runner: RunnerSettings) -> None:
    """Check input and output before anything is loaded.

    Raises:
        UsageError: the input is not there, or this runner cannot take it.
    """
    if runner.runner == "local":
        need_input(files.input)
    elif "-" in (files.input, files.output):
        raise UsageError("--runner ray: shards come from files and go to a folder: IN -o DIR")


def files_of(files: RowFiles, rejected: str | None = None) -> Files:
    """Where a run reads and writes."""
    from seapo_cli.engine.job import Files

    errors = Path(files.errors) if files.errors else None
    return Files(files.input, files.output, errors, files.summary, rejected)


def model_use(backend: BackendSettings, engine: EngineSettings) -> ModelUse:
    """Which model a stage asks, and how; the key comes from the environment only."""
    from seapo_cli.engine.session import ModelUse

    key = os.environ.get("OPENAI_API_KEY") or None
    return ModelUse(replace(backend, api_key=key), engine)


def run(
    stage: AnyStage,
    settings: Settings,
    files: RowFiles,
    runner: RunnerSettings,
    model: ModelUse | None = None,
    *,
    rejected: str | None = None,
    keys: Keys | None = None,
    templates: Mapping[str, str] | None = None,
) -> None:
    """Run a stage here, or over shards; exits with 3 if rows failed.

    `settings` and `templates` decide, with the model, what the stage makes of a row.

    Raises:
        SeapoError: the run could not be finished.
    """
    if runner.runner == "local":
        _run_here(stage, files, model, rejected, keys)
        return
    from seapo_cli.runners.ray import run_shards
    from seapo_cli.runners.sharded import describe, run_sharded
    from seapo_cli.runners.shards import Folders
    from seapo_cli.runners.work import Plan

    if model and model.backend.is_batch:
        raise UsageError("--runner ray: not with --batch-out or --batch-in, which send nothing")
    folders = Folders(files.output, files.errors, rejected)
    plan = Plan(stage, keys or files.keys(), model, folders, files.max_errors)
    command = describe(plan, settings, templates or {})
    over_ray = partial(run_shards, settings=runner)
    if run_sharded(plan, files.input, command, files.summary, over_ray).rows_failed:
        raise typer.Exit(3)


def _run_here(
    stage: AnyStage,
    files: RowFiles,
    model: ModelUse | None,
    rejected: str | None,
    keys: Keys | None,
) -> None:
    """Run a stage, with the model that it asks if it asks one; exits with 3 if rows failed.

    Raises:
        SeapoError: the run could not be finished.
    """
    from seapo_cli.engine.job import Job

    job = Job(
        stage=stage,
        files=files_of(files, rejected),
        keys=keys or files.keys(),
        model=model,
        max_errors=files.max_errors,
    )
    if job.run().rows_failed:
        raise typer.Exit(3)
