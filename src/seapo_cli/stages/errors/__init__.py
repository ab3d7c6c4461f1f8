"""Injection modes. A new one is one module with `steps`, its wording in `prompts/modes/`, and
one line here.
"""

from __future__ import annotations

from collections.abc import Callable

from seapo_cli.stages.errors import edit, propose, rewrite
from seapo_cli.stages.errors.base import Steps, Task

MODES: dict[str, Callable[[Task], Steps]] = {
    "propose": propose.steps,
    "edit": edit.steps,
    "rewrite": rewrite.steps,
}
