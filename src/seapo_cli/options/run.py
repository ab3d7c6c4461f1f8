"""Options of `seapo run`."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.options.option import Settings, argument, opt


class RunSettings(Settings):
    """What `run` does with a file of stages."""

    file: Annotated[str, "TOML or YAML with the stages."] = argument(..., metavar="FILE")
    dry_run: Annotated[bool, "Run nothing: tell which stages would run, and why."] = opt(
        False, harmless=True
    )
    export: Annotated[Literal["make"] | None, "Run nothing: print a Makefile."] = opt(None)
