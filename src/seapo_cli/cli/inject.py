"""`seapo inject`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seapo_cli.cli import complete
from seapo_cli.cli.options import BatchOptions, FileOptions, expanded, listed, option
from seapo_cli.cli.runner import RunnerOptions
from seapo_cli.mistakes.modes import MODES

if TYPE_CHECKING:
    ModeName = str
else:
    ModeName = Literal["auto", *MODES]


@expanded
def inject(
    context: typer.Context,
    error_type: Annotated[
        list[str] | None,
        option(
            "--error-type",
            "-t",
            env="SEAPO_ERROR_TYPE",
            metavar="TYPE",
            help="Kinds of mistake: names of `seapo types`, or files TYPE.md; repeatable, or with "
            "commas. One negative for each.",
            autocompletion=complete.error_types,
        ),
    ] = None,
    mix: Annotated[
        str | None,
        option(
            env="SEAPO_MIX",
            metavar="TYPE=WEIGHT,...",
            help="Draw one type per row by weight, instead of --error-type.",
        ),
    ] = None,
    mode: Annotated[
        ModeName,
        option(
            env="SEAPO_MODE",
            help="; ".join(f"{name}: {mode.about}" for name, mode in MODES.items())
            + "; auto: propose where a short trial shows that the model can, else menu.",
        ),
    ] = "auto",
    edits: Annotated[int, option(help="Mistakes per negative.")] = 1,
    severity: Annotated[
        Literal["subtle", "moderate", "severe"], option(help="How far off the mistakes are.")
    ] = "moderate",
    attempts: Annotated[int, option(help="Requests for one mistake before giving up.")] = 5,
    max_tokens: Annotated[
        int, option(help="Token limit of the answer that a row without one gets first.")
    ] = 1024,
    *,
    files: FileOptions,
    model: BatchOptions,
    runner: RunnerOptions,
) -> None:
    """Put typed mistakes into good answers: adds `negative` and `error` to each row.

    seapo inject --error-type factual < prompts.jsonl > negatives.jsonl
    """
    runner.need_files(context, files)
    from seapo_cli.settings import InjectSettings, parse_mix
    from seapo_cli.stages.inject import Inject

    settings = InjectSettings.checked(
        error_types=listed(error_type),
        mix=parse_mix(mix) if mix else {},
        mode=mode,
        edits=edits,
        severity=severity,
        attempts=attempts,
        seed=files.seed,
        max_tokens=max_tokens,
    )
    stage = Inject(settings)
    runner.run(stage, settings, files, model, templates=stage.templates)
