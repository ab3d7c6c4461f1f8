"""`seapo profile`."""

from __future__ import annotations

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import model_use, need_files, run
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    ProfileSettings,
    RowFiles,
    RunnerSettings,
)


@expanded
def profile(
    settings: ProfileSettings,
    files: RowFiles,
    backend: BackendSettings,
    engine: EngineSettings,
    runner: RunnerSettings,
) -> None:
    """Judge which kinds of mistakes a model's answers contain; prints a --mix for `seapo inject`.

    seapo sample --model MINE prompts.jsonl | seapo profile --model JUDGE > profile.jsonl
    """
    need_files(files, runner)
    from seapo_cli.mistakes.error_types import load_error_types, template_hash
    from seapo_cli.stages.profile import Profile

    types = load_error_types(settings.error_types)
    templates = {kind.name: template_hash(kind, "propose") for kind in types}
    stage = Profile(types, settings.seed)
    run(stage, settings, files, runner, model_use(backend, engine), templates=templates)
