"""`seapo inject`."""

from __future__ import annotations

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import model_use, need_files, run
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    InjectSettings,
    RowFiles,
    RunnerSettings,
)


@expanded
def inject(
    settings: InjectSettings,
    files: RowFiles,
    backend: BackendSettings,
    engine: EngineSettings,
    runner: RunnerSettings,
) -> None:
    """Inject typed mistakes into good answers: adds `negative` and `error` to each row.

    seapo inject --error-type factual < prompts.jsonl > negatives.jsonl
    """
    need_files(files, runner)
    from seapo_cli.stages.inject import Inject

    stage = Inject(settings)
    model = model_use(backend, engine)
    run(stage, settings, files, runner, model, templates=stage.templates)
