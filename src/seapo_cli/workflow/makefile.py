"""The stages as a Makefile, which goes by the times of files instead of their contents."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from seapo_cli.exceptions import UsageError
from seapo_cli.workflow.plan import Stage

_HEAD = """# Written by `seapo run {file} --export make`, for the folder of {file}.
# make goes by the times of files: it does not see changed settings, prompts or versions.
SEAPO ?= seapo
EQUALS := =
define NEWLINE


endef
export NEWLINE
.DELETE_ON_ERROR:
.PHONY: all
all: {all}
"""
_NOT_IN_MAKE = re.compile(r"[%;|&~\\\t\r\n]|\)$")


def makefile(file: str, stages: Sequence[Stage]) -> str:
    """GNU make's rules, one for each stage.

    Raises:
        UsageError: make cannot hold the name of a file.
    """
    made = {path: _target(stage) for stage in stages for path in stage.writes.values()}
    everything = " ".join(_name(_target(stage)) for stage in stages)
    parts = [_HEAD.format(file=file.replace("\n", " "), all=everything)]
    for stage in stages:
        target = _target(stage)
        needs = {made.get(one, one) for one in stage.reads if one in made or Path(one).is_file()}
        folders = {str(Path(path).parent) for path in stage.writes.values()}
        parts += [
            f"{_name(target)}: {' '.join(map(_name, sorted(needs)))}",
            f"\t@mkdir -p {' '.join(map(_word, sorted(folders)))}",
            f"\t$(SEAPO) {' '.join(map(_word, stage.arguments))} || test $$? -eq 3",
            *([] if target == stage.output else [f"\t@touch {_word(target)}"]),
            "",
        ]
    return "\n".join(parts)


def _target(stage: Stage) -> str:
    """What make compares: for a folder, whose time says nothing, a file beside it."""
    is_folder = stage.command == "train" or stage.options.get("runner") == "ray"
    return f"{stage.output}.done" if is_folder else stage.output


def _name(path: str) -> str:
    if _NOT_IN_MAKE.search(path):
        raise UsageError(f"--export make: make cannot hold the name {path!r}")
    escaped = re.sub(r"([ #:*?\[])", r"\\\1", path.replace("$", "$$"))
    return escaped.replace("=", "$(EQUALS)")


def _word(text: str) -> str:
    """A word of a shell's command line, in a recipe."""
    lines = (shlex.quote(line).replace("$", "$$") for line in text.split("\n"))
    return '"$$NEWLINE"'.join(lines)
