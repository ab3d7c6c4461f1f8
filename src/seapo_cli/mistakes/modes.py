"""Injection modes: ways to put a mistake into an answer.

A new one is one module with `steps` (and `check`, if it cannot make every type), its wording in
`prompts/modes/`, and one line here. Imports nothing heavy: the command line lists the modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seapo_cli.mistakes.base import Steps, Task
    from seapo_cli.mistakes.error_types import ErrorType


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to make mistakes."""

    module: str
    about: str
    """What it does, for the help."""

    def steps(self, task: Task) -> Steps:
        """Make a mistake."""
        found: Steps = self._loaded().steps(task)
        return found

    def check(self, error_type: ErrorType) -> None:
        """Check that it can make this type.

        Raises:
            UsageError: it cannot.
        """
        # A model that writes its own mistakes can be asked for any type.
        if check := getattr(self._loaded(), "check", None):
            check(error_type)

    def _loaded(self) -> Any:
        return import_module(f"seapo_cli.mistakes.{self.module}")


MODES = {
    "propose": Mode("propose", "the model names text to replace and its replacement"),
    "rewrite": Mode("rewrite", "it rewrites the whole answer"),
    "continue": Mode("continue_", "it continues the answer from a wrong step"),
    "menu": Mode("menu.mode", "it chooses among precomputed values"),
}
