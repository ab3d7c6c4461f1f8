"""Injection modes. A new one is one module with `steps` (and `check`, where it cannot make every
type), its wording in `prompts/modes/`, and one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seapo_cli.mistakes import continue_, propose, rewrite
from seapo_cli.mistakes.base import Steps, Task
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.mistakes.menu import mode as menu


def _any(error_type: ErrorType) -> None:
    """A model that writes its own mistakes can be asked for any type."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to make mistakes."""

    steps: Callable[[Task], Steps]
    check: Callable[[ErrorType], None] = _any
    """Raises `UsageError` for a type that the mode cannot make."""


MODES: dict[str, Mode] = {
    "propose": Mode(propose.steps),
    "rewrite": Mode(rewrite.steps),
    "continue": Mode(continue_.steps, continue_.check),
    "menu": Mode(menu.steps, menu.check),
}
