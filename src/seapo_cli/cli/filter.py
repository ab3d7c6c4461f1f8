"""`seapo filter`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import model_use, need_files, run
from seapo_cli.exceptions import UsageError
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    FilterFiles,
    FilterSettings,
    RunnerSettings,
)
from seapo_cli.text.safe import tell

if TYPE_CHECKING:
    from seapo_cli.stages.filter import Filter


@expanded
def filter_(
    settings: FilterSettings,
    files: FilterFiles,
    backend: BackendSettings,
    engine: EngineSettings,
    runner: RunnerSettings,
) -> None:
    """Keep only pairs whose negative is really worse: adds `checks` to each row.

    seapo filter negatives.jsonl -o kept.jsonl --rejected dropped.jsonl
    """
    need_files(files, runner)
    from seapo_cli.io.same_files import store_files
    from seapo_cli.stages.filter import make_filter

    model = model_use(backend, engine)
    settings = _scored_here(settings, model.backend)
    stage = make_filter(settings, files.keys(), store=engine.store)
    if files.max_leak is not None:
        stage = _without_leaks(stage, settings, files, runner, files.max_leak)
    for warning in stage.warnings:
        tell(f"seapo filter: {warning}")
    keeps = stage.slow and not stage.asks_model  # else the store is the model's
    run(
        stage,
        settings,
        files,
        runner,
        model,
        rejected=files.rejected,
        also_written=store_files(engine.store) if keeps else (),
    )


def _scored_here(settings: FilterSettings, backend: BackendSettings) -> FilterSettings:
    """llama.cpp gives no log-probabilities of a prompt: transformers scores with the same file.

    Raises:
        UsageError: there is no such file.
    """
    given = settings.options.get("plausibility", {})
    if "plausibility" not in settings.checks or "scorer" in given:
        return settings
    if backend.chosen() != "embedded":
        return settings
    from seapo_cli.backends.models import find_model

    scorer = {"scorer": str(find_model(backend.model))}
    return replace(settings, options={**settings.options, "plausibility": {**given, **scorer}})


def _without_leaks(
    stage: Filter,
    settings: FilterSettings,
    files: FilterFiles,
    runner: RunnerSettings,
    limit: float,
) -> Filter:
    """The same filter, after a first pass that finds the rows that give themselves away.

    Raises:
        UsageError: the rows cannot be read twice, or a check is too slow to run twice.
        SeapoError: too few rows are left.
    """
    from seapo_cli.checks.leak import Leak
    from seapo_cli.stages.audit import need_scikit_learn
    from seapo_cli.stages.filter import make_filter

    if runner.runner != "local" or files.input == "-" or Path(files.input).is_fifo():
        raise UsageError(
            "--max-leak reads all rows before it keeps one: give a file, and use --runner local"
        )
    if stage.slow:
        raise UsageError(
            "--max-leak comes last: run the slow checks first, then --max-leak on what they kept"
        )
    need_scikit_learn("--max-leak")
    from seapo_cli.stages.audit.prune import prune_file

    found = prune_file(files.input, files.keys(), stage, limit, files.seed, files.limit)
    tell(
        f"seapo filter: told apart without the question: {found.before:.2f} of the pairs, "
        f"{found.after:.2f} without the {len(found.surest):,} surest"
    )
    return make_filter(settings, files.keys(), [Leak(surest=found.surest)])
