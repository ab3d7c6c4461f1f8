"""What seapo must know of a language to run answers and tests in it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import ClassVar


class Language:
    """One language; its processes are in the module of the same name in `isolation.inside`."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names, of fences and in data."""
    program: ClassVar[str | None] = None
    """The interpreter, to be found on the PATH; None: it is the one that runs seapo."""

    def path(self) -> str | None:
        """Where the interpreter is; None: not installed, or none is needed."""
        return shutil.which(self.program) if self.program else None

    def missing(self) -> str | None:
        """Why answers cannot be run; None if they can."""
        return f"{self.program} is not installed" if self.program and not self.path() else None

    def tests(self, source: str, entry_point: str | None) -> str:
        """The source of the tests, with the call that starts them.

        Raises:
            ValueError: it cannot be run, or tests nothing; the text says why.
        """
        raise NotImplementedError

    def joined(self, answer: str, task: Mapping[str, str | None]) -> str:
        """Answer and tests as one program, for one process."""
        return f"{answer}\n{task['tests']}\n"
