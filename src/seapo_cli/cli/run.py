"""`seapo run`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from seapo_cli.cli.command import expanded, options_of
from seapo_cli.cli.config import check_names, read_table
from seapo_cli.exceptions import UsageError
from seapo_cli.options import RunSettings


@expanded
def run(settings: RunSettings) -> None:
    """Run the stages of a file: only those whose inputs, settings, prompts or versions changed.

    seapo run examples/run.toml --dry-run
    """
    from seapo_cli.cli import functions
    from seapo_cli.io.folders import only_run
    from seapo_cli.workflow.makefile import makefile
    from seapo_cli.workflow.plan import MAIN, plan
    from seapo_cli.workflow.run import Hashes, Run

    data, file = read_table(settings.file), Path(settings.file)
    folder = Path(str(data.pop("folder", f"runs/{file.stem}")))
    catalog = {
        name: {flag: (p, about) for flag, p, about in options_of(command) if flag != "dry-run"}
        for name, command in functions.items()
        if any(flag in MAIN for flag, *_ in options_of(command))
    }
    os.chdir(file.parent)  # paths in the file are relative to it
    stages = plan(file.name, data, str(folder), catalog, check_names)
    if settings.export:
        print(makefile(stages), end="")
        return
    lock, hashes = Path(f"{file.name}.lock"), Hashes(folder / ".hashes.json")
    if settings.dry_run:
        print(*Run(stages, lock, hashes).dry_run(), sep="\n")
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with only_run(folder):
            code = Run(stages, lock, hashes).run()
            hashes.keep()
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from None
    raise typer.Exit(code)
