"""The stages as a Makefile, which goes by the times of files instead of their contents."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from seapo_cli.exceptions import UsageError
from seapo_cli.workflow.plan import Stage

_HEAD = """# Written by `seapo run FILE --export make`, for the folder of FILE.
# make goes by the times of files: it does not see changed settings, prompts or versions.
SEAPO ?= seapo
EQUALS := =
.PHONY: all
all: {all}
"""
_RULE = """
{target}: {needs}
	@mkdir -p {folders}
	$(SEAPO) {arguments} || test $$? -eq 3
	@touch $@
"""


def makefile(stages: Sequence[Stage]) -> str:
    """GNU make's rules, one for each stage.

    Raises:
        UsageError: make cannot hold the name of a file, or a value.
    """
    made = {path: _target(stage) for stage in stages for path in stage.writes.values()}
    parts = [_HEAD.format(all=_names(made.values()))]
    for stage in stages:
        needs = {made.get(one, one) for one in stage.reads if one in made or Path(one).is_file()}
        folders = {str(Path(path).parent) for path in stage.writes.values()}
        arguments = shlex.join(stage.arguments).replace("$", "$$")
        if "\n" in arguments:
            raise UsageError(f"--export make: {stage.name}: make cannot hold text of several lines")
        names = {"needs": _names(needs), "folders": _names(folders)}
        parts.append(_RULE.format(target=_names([_target(stage)]), arguments=arguments, **names))
    return "".join(parts)


def _target(stage: Stage) -> str:
    """What make compares: for a folder, whose time says nothing, a file beside it."""
    is_folder = stage.command == "train" or stage.options.get("runner") == "ray"
    return f"{stage.output}.done" if is_folder else stage.output


def _names(paths: Iterable[str]) -> str:
    for path in paths:
        if not re.fullmatch(r"[\w./,=+@-]+", path):
            raise UsageError(f"--export make: make cannot hold the name {path!r}")
    return " ".join(sorted(set(paths))).replace("=", "$(EQUALS)")
