"""`seapo eval`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from seapo_cli.cli.command import Shown, expanded
from seapo_cli.cli.runner import model_use
from seapo_cli.exceptions import UsageError
from seapo_cli.options import BackendSettings, EngineSettings, EvalSettings

_EACH = Shown(without=("model", "batch_out", "batch_in"))


@expanded
def evaluate(
    settings: EvalSettings,
    backend: Annotated[BackendSettings, _EACH],
    engine: EngineSettings,
) -> None:
    """Measure models on pairs and benchmarks, and test whether they differ.

    seapo eval -m base.gguf -m tuned.gguf pairs.jsonl --compare -o results.jsonl
    """
    from seapo_cli.stages.audit import need_scikit_learn

    need_scikit_learn("seapo eval")
    from seapo_cli.engine.files import Files
    from seapo_cli.engine.tally import Tally
    from seapo_cli.stages.evaluation.answers import AnswerSettings
    from seapo_cli.stages.evaluation.harness import HarnessSettings
    from seapo_cli.stages.evaluation.models import model_of
    from seapo_cli.stages.evaluation.run import Evaluation
    from seapo_cli.stages.evaluation.tasks import DataFiles, find_tasks

    names = settings.models or (None,)
    models = [model_of(model_use(replace(backend, model=name), engine)) for name in names]
    labels = [one.name for one in models]
    if len(set(labels)) < len(labels):
        raise UsageError("--model: the same model twice")
    if settings.compare and len(models) < 2:
        raise UsageError("--compare: name at least two models, each with --model")
    files = DataFiles.of(settings.data)
    answers = AnswerSettings(settings.max_tokens, settings.seed)
    found = find_tasks(settings.tasks, files, answers, settings.cluster, settings.limit)
    errors = Path(settings.errors) if settings.errors else None
    run = Evaluation(
        models,
        found,
        engine,
        Files(output=settings.output, errors=errors, summary=settings.summary),
        max_errors=settings.max_errors,
        compared=settings.compare,
        tally=Tally(engine.price_in, engine.price_out),
        seed=settings.seed,
        harness=HarnessSettings(files.folders, settings.limit, settings.seed),
    )
    if run.run().rows_failed:
        raise typer.Exit(3)
