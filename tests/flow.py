"""A file of stages that need no model, run in this process: each stage is a real one, in a fork."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import forked
from seapo_cli.cli import functions
from seapo_cli.cli.command import options_of
from seapo_cli.cli.config import check_names
from seapo_cli.workflow import run
from seapo_cli.workflow.plan import Known, Stage, plan

CATALOG: dict[str, Known] = {
    name: {flag: (place, about) for flag, place, about in options_of(command)}
    for name, command in functions.items()
    if any(about.written for *_, about in options_of(command))
}


def rows(*numbers: int) -> bytes:
    """Rows whose negatives are wrong."""
    made = ({"prompt": f"{n}?", "response": f"It is {n}.", "negative": "It is 9."} for n in numbers)
    return b"".join(json.dumps(row).encode() + b"\n" for row in made)


def planned(data: Mapping[str, Any]) -> list[Stage]:
    copy = json.loads(json.dumps(data))
    return plan("run.toml", copy, "out", CATALOG, check_names)


class Flow:
    """Runs the same file again and again in the current folder."""

    def __init__(self, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.data = data
        self._ran: list[str] = []
        monkeypatch.setattr(run, "_call", self._call)

    def _call(self, stage: Stage) -> int:
        self._ran.append(stage.name)
        null = subprocess.DEVNULL
        return forked.start(
            stage.arguments, os.environ, stdin=null, stdout=null, stderr=null
        ).wait()

    def _job(self) -> tuple[run.Run, run.Hashes]:
        Path("out").mkdir(exist_ok=True)
        hashes = run.Hashes(Path("out/.hashes.json"))
        return run.Run(planned(self.data), Path("run.toml.lock"), hashes), hashes

    def run(self) -> tuple[int, list[str]]:
        """The exit code, and which stages ran."""
        self._ran.clear()
        code = self.again()
        return code, list(self._ran)

    def again(self) -> int:
        """Run it; returns the exit code."""
        job, hashes = self._job()
        code = job.run()
        hashes.keep()
        return code

    def told(self) -> dict[str, str]:
        """What --dry-run says of each stage."""
        return dict(line.split(": ", 1) for line in self._job()[0].dry_run())
