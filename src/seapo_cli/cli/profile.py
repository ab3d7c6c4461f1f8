"""`seapo profile`."""

from __future__ import annotations

from typing import Annotated

import typer

from seapo_cli.cli.options import BatchOptions, FileOptions, expanded, option
from seapo_cli.cli.runner import RunnerOptions


@expanded
def profile(
    context: typer.Context,
    error_type: Annotated[
        list[str] | None,
        option(
            "--error-type",
            "-t",
            metavar="TYPE",
            help="Kinds to tell apart: names, files, or pack:NAME; repeatable. "
            "[default: pack:general, and the answer's own pack]",
        ),
    ] = None,
    *,
    files: FileOptions,
    model: BatchOptions,
    runner: RunnerOptions,
) -> None:
    """Judge which kinds of mistakes a model's answers show; prints a --mix for `seapo inject`.

    seapo sample --model MINE prompts.jsonl | seapo profile --model JUDGE > profile.jsonl
    """
    runner.need_files(context, files)
    from seapo_cli.mistakes.error_types import load_error_types, template_hash
    from seapo_cli.settings import Settings
    from seapo_cli.stages.profile import Profile

    names = error_type or ["pack:general", "pack:mathematics", "pack:code", "pack:grounded"]
    types = load_error_types(names)
    templates = {kind.name: template_hash(kind, "propose") for kind in types}
    runner.run(Profile(types, files.seed), Settings(), files, model, templates=templates)
