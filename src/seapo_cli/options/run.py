"""Options of `seapo run`."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.options.option import Settings, argument, opt


class RunSettings(Settings):
    """Which stages `run` runs."""

    file: Annotated[str, "TOML or YAML with the stages."] = argument(..., metavar="FILE")
    only: Annotated[
        tuple[str, ...], "Only this stage and those above that it needs; repeatable."
    ] = opt((), metavar="STAGE", harmless=True)
    force: Annotated[tuple[str, ...], "Run this stage also if it is fresh; repeatable."] = opt(
        (), metavar="STAGE", harmless=True
    )
    dry_run: Annotated[bool, "Run nothing: tell which stages would run, and why."] = opt(
        False, harmless=True
    )
    export: Annotated[Literal["make"] | None, "Run nothing: print a Makefile."] = opt(None)
