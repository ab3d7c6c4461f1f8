"""`--runner`: a stage in this process, or over shards on Ray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seapo_cli.cli.options import FileOptions, ModelOptions, need_input, option, run
from seapo_cli.exceptions import UsageError

if TYPE_CHECKING:
    from seapo_cli.engine.stage import Stage
    from seapo_cli.rows import Keys
    from seapo_cli.settings import Settings


@dataclass(frozen=True)
class RunnerOptions:
    """Where a stage runs."""

    runner: Annotated[
        Literal["local", "ray"],
        option(
            env="SEAPO_RUNNER",
            help="ray: FILE is shards (a file, folder or quoted pattern, also s3:// and the like); "
            "-o, --errors and --rejected are folders.",
        ),
    ] = "local"
    ray_address: Annotated[
        str | None,
        option(
            env=["SEAPO_RAY_ADDRESS", "RAY_ADDRESS"],
            metavar="ADDRESS",
            help="ray: a running cluster. [default: Ray is started on this machine]",
        ),
    ] = None
    ray_workers: Annotated[
        int | None,
        option(help="ray: shards at once. [default: as many as there are cores, or GPUs for them]"),
    ] = None
    ray_gpus_per_worker: Annotated[
        float, option(help="ray: GPUs that each worker gets, for --backend vllm.")
    ] = 0.0

    def need_files(self, context: typer.Context, files: FileOptions) -> None:
        """Check input and output before anything is loaded.

        Raises:
            UsageError: the input is not there, or this runner cannot take it.
        """
        if self.runner == "local":
            need_input(context, files.input)
        elif "-" in (files.input, files.output):
            raise UsageError("--runner ray: shards come from files and go to a folder: IN -o DIR")

    def run(
        self,
        stage: Stage,
        settings: Settings,
        files: FileOptions,
        model: ModelOptions | None = None,
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
        if self.runner == "local":
            run(stage, files, model, files=files.files(rejected=rejected), keys=keys)
            return
        from seapo_cli.runners.ray import run_shards
        from seapo_cli.runners.sharded import describe, run_sharded
        from seapo_cli.runners.shards import Folders
        from seapo_cli.runners.work import Plan
        from seapo_cli.settings import RaySettings

        ray = RaySettings.checked(
            address=self.ray_address or None,
            workers=self.ray_workers,
            gpus_per_worker=self.ray_gpus_per_worker,
        )
        use = model.use() if model and stage.asks_model else None
        if use and use.backend.is_batch:
            raise UsageError("--runner ray: not with --batch-out or --batch-in, which send nothing")
        folders = Folders(files.output, files.errors, rejected)
        plan = Plan(stage, keys or files.keys(), use, folders, files.max_errors)
        command = describe(plan, settings, templates or {})
        over_ray = partial(run_shards, settings=ray)
        if run_sharded(plan, files.input, command, files.summary, over_ray).rows_failed:
            raise typer.Exit(3)
