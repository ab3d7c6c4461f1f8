"""`seapo pair`."""

from __future__ import annotations

from typing import Annotated

from seapo_cli.cli.command import Shown, expanded
from seapo_cli.cli.runner import files_of, model_use, need_input, run_here
from seapo_cli.options import BackendSettings, EngineSettings, PairFiles, PairSettings

_JUDGE = Shown(without=("batch_out", "batch_in"), group="Judge, for --positive judge")


@expanded
def pair(
    settings: PairSettings,
    files: PairFiles,
    backend: Annotated[BackendSettings, _JUDGE],
    engine: EngineSettings,
) -> None:
    """Make preference pairs in a trainer's format: one or more per prompt.

    seapo pair kept.jsonl -o pairs.jsonl --format trl
    """
    need_input(files.input)
    from seapo_cli.io.same_files import reads, writes
    from seapo_cli.stages.pair import Pair

    places = files_of(
        files,
        evaluation=files.eval_output,
        also_read=reads("--decontaminate", settings.decontaminate),
        also_written=writes("--dataset-info", files.dataset_info),
    )
    stage = Pair(settings, places, None if files.dry_run else files.dataset_info)
    run_here(stage, files, places, model_use(backend, engine))
