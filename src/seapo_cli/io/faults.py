"""Lines that cannot be used: counted, and the first of them reported."""

from __future__ import annotations

from seapo_cli.text.safe import tell

_SHOWN = 5


class Faults:
    """What was wrong, and where."""

    def __init__(self, most: int = _SHOWN) -> None:
        self.count = 0
        self.shown: list[str] = []
        """The first ones, so many at most."""
        self._most = most

    def add(self, where: str, reason: object) -> None:
        """Note a line that cannot be used; `where` is FILE:LINE."""
        self.count += 1
        if len(self.shown) < self._most:
            self.shown.append(f"{where}: {reason}")

    def told(self, fate: str) -> list[str]:
        """For people; `fate` is what happened to those that are not shown."""
        more = self.count - len(self.shown)
        return [*self.shown, *([f"{more:,} more lines {fate}"] if more else [])]

    def tell(self, command: str, fate: str) -> None:
        """Report them on stderr."""
        for reason in self.told(fate):
            tell(f"{command}: {reason}")
