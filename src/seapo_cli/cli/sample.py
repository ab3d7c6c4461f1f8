"""`seapo sample`."""

from __future__ import annotations

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import model_use, need_files, run
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    RowFiles,
    RunnerSettings,
    SampleSettings,
)


@expanded
def sample(
    settings: SampleSettings,
    files: RowFiles,
    backend: BackendSettings,
    engine: EngineSettings,
    runner: RunnerSettings,
) -> None:
    """Answer prompts: adds `response` and `sample` to each row.

    seapo sample -n 4 --temperature 0.8 < prompts.jsonl > answers.jsonl
    """
    need_files(files, runner)
    from seapo_cli.stages.sample import Sample

    run(Sample(settings), settings, files, runner, model_use(backend, engine))
