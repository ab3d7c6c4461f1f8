"""Lines that cannot be used: counted, and the first of them reported."""

from __future__ import annotations

from seapo_cli.text.safe import tell

_SHOWN = 5


class Faults:
    """What was wrong, and where."""

    def __init__(self) -> None:
        self.count = 0
        self._shown: list[str] = []

    def add(self, where: str, reason: object) -> None:
        """Note a line that cannot be used; `where` is FILE:LINE."""
        self.count += 1
        if len(self._shown) < _SHOWN:
            self._shown.append(f"{where}: {reason}")

    @property
    def first(self) -> str:
        """The first one."""
        return self._shown[0]

    def tell(self, command: str, fate: str) -> None:
        """Report them on stderr; `fate` is what happened to those that are not shown."""
        for reason in self._shown:
            tell(f"{command}: {reason}")
        if more := self.count - len(self._shown):
            tell(f"{command}: {more:,} more lines {fate}")
