"""`seapo eval`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from seapo_cli.cli.options import ModelOptions, expanded, need_input, option
from seapo_cli.exceptions import UsageError


@dataclass(frozen=True)
class ManyModels(ModelOptions):
    """Which models are evaluated."""

    model: Annotated[
        list[str] | None,
        option(
            "--model",
            "-m",
            metavar="NAME",
            help="A checkpoint's folder, a GGUF file, a hub id, or the endpoint's model; "
            "repeatable. [default: the endpoint's, or the packaged one]",
        ),
    ] = None  # type: ignore[assignment]

    def each(self) -> list[ModelOptions]:
        """The same options for each model alone."""
        names: list[str | None] = list(self.model) if self.model else [None]
        return [replace(self, model=name) for name in names]  # type: ignore[arg-type]


@expanded
def evaluate(
    context: typer.Context,
    tasks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK...",
            help="truthfulqa_mc1, truthfulqa_mc2, truthfulqa_binary, arc_challenge, "
            "commonsense_qa, openbook_qa, gsm8k, humaneval, mbpp, ifeval; lm-eval:NAME of "
            "lm-evaluation-harness; or a file of pairs of any format; - is stdin.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, option("--output", "-o", metavar="FILE", help="JSONL of results; - is stdout.")
    ] = "-",
    data: Annotated[
        list[str] | None,
        option(
            metavar="DIR",
            help="Folder with the tasks' data, or NAME=FILE; repeatable. Nothing is fetched.",
        ),
    ] = None,
    compare: Annotated[
        bool, option("--compare", help="Compare each further model with the first, item by item.")
    ] = False,
    cluster: Annotated[
        str | None,
        option(
            metavar="KEY",
            help="Key of rows of pairs that belong together. [default: those of one prompt]",
        ),
    ] = None,
    limit: Annotated[int | None, option(min=1, help="Take only so many items of a task.")] = None,
    max_tokens: Annotated[int, option(min=1, help="Token limit of a written answer.")] = 1024,
    errors: Annotated[
        str | None,
        option(metavar="FILE", help="JSONL of failed items: file, line, id, stage, reason, row."),
    ] = None,
    summary: Annotated[
        Path | None, option(metavar="FILE", help="Write the closing summary as JSON.")
    ] = None,
    max_errors: Annotated[
        int | None, option(min=0, help="Stop once more items than this have failed.")
    ] = None,
    seed: Annotated[int, option(env="SEAPO_SEED", help="Seed of all draws and requests.")] = 0,
    *,
    model: ManyModels,
) -> None:
    """Measure models on pairs and benchmarks, and tell whether they differ.

    seapo eval -m base.gguf -m tuned.gguf pairs.jsonl --compare -o results.jsonl
    """
    names = tasks or ["-"]
    if "-" in names:
        need_input(context, "-")
    from seapo_cli.stages.audit import need_scikit_learn

    need_scikit_learn("seapo eval")
    from seapo_cli.engine.files import Files
    from seapo_cli.stages.evaluation.answers import AnswerSettings
    from seapo_cli.stages.evaluation.harness import HarnessSettings
    from seapo_cli.stages.evaluation.models import model_of
    from seapo_cli.stages.evaluation.run import Evaluation
    from seapo_cli.stages.evaluation.tasks import DataFiles, find_tasks

    models = [model_of(one.use()) for one in model.each()]
    labels = [one.name for one in models]
    if len(set(labels)) < len(labels):
        raise UsageError("--model: the same model twice")
    if compare and len(models) < 2:
        raise UsageError("--compare: name two models or more, each with --model")
    files = DataFiles.of(data or ())
    found = find_tasks(names, files, AnswerSettings(max_tokens, seed), cluster, limit)
    run = Evaluation(
        models,
        found,
        model.engine_settings(),
        Files(output=output, errors=Path(errors) if errors else None, summary=summary),
        max_errors=max_errors,
        compared=compare,
        seed=seed,
        harness=HarnessSettings(files.folders, limit, seed),
    )
    if run.run().rows_failed:
        raise typer.Exit(3)
