"""Tasks of lm-evaluation-harness, run by its own code in a separate process."""

from __future__ import annotations

import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from seapo_cli.checks.scorer import identity
from seapo_cli.exceptions import SeapoError
from seapo_cli.extras import need
from seapo_cli.stages.evaluation.items import Answered, Item

PREFIX = "lm-eval:"
_PROGRAM = "seapo_cli.stages.evaluation.harness_program"
_LINE_BYTES = 1 << 26
_RIGHT = {"acc": "right", "exact_match": "right", "acc_norm": "right_by_length"}
"""Its names of metrics that have another name here."""


@dataclass(frozen=True, slots=True)
class HarnessSettings:
    """How its tasks are found and run."""

    folders: tuple[Path, ...] = ()
    """Folders with the user's own task files."""
    limit: int | None = None
    seed: int = 0


async def harnessed(
    model: str, task: str, settings: HarnessSettings, store: Path | None
) -> AsyncIterator[Answered]:
    """Results of a task, item by item.

    Its cache of answers is kept beside the store, so an interrupted run resumes from there.

    Raises:
        SeapoError: it ended without results; the reason is on stderr.
    """
    need(task, "eval", "lm_eval", "torch", "transformers")
    name = task.removeprefix(PREFIX)
    own = [folder for folder in settings.folders if list(folder.glob("*.yaml"))]
    wanted = {
        "model": model,
        "task": name,
        "folders": [str(folder) for folder in own],
        "limit": settings.limit,
        "seed": settings.seed,
        "cache": str(store.parent / f"lm-eval-{identity(model)[:16]}") if store else None,
    }
    command = (sys.executable, "-m", _PROGRAM, orjson.dumps(wanted).decode())
    # Ctrl-C is for this process, which then ends the child.
    process = await create_subprocess_exec(
        *command, stdout=PIPE, limit=_LINE_BYTES, start_new_session=True
    )
    assert process.stdout is not None
    count = 0
    try:
        async for line in process.stdout:
            count += 1
            yield [_read(orjson.loads(line), count)]
        if await process.wait() or not count:
            raise SeapoError(f"{task}: lm-evaluation-harness gave no results; see above")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _read(sample: dict[str, Any], line: int) -> tuple[Item, dict[str, Any]]:
    """An item and its result, from a line of the program."""
    name, metrics = str(sample["id"]), sample["metrics"]
    found = {_RIGHT[key]: float(value) for key, value in metrics.items() if key in _RIGHT}
    if "right" not in found:
        numbers = [value for value in metrics.values() if isinstance(value, int | float)]
        if not numbers:
            raise SeapoError("lm-evaluation-harness scores this task over all items only")
        found["score"] = float(numbers[0])
    return Item(line, name, name, None), {**found, "metrics": metrics}
