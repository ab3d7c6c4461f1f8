"""The views of a file, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

from seapo_cli.errors import RowError
from seapo_cli.jsonl import input_name, open_input, read_lines
from seapo_cli.show.view import View, read_view
from seapo_cli.stages.judge import official

_SHOWN_REASONS = 5


class Views:
    """Views of the rows of a file, read as they are asked for."""

    def __init__(self, name: str, error_type: str | None, most: int | None) -> None:
        self._name = name
        self._type = error_type and official(error_type)
        self._most = most
        self.good = self.bad = 0
        """Lines that can be shown, and those that cannot."""
        self._reasons: list[str] = []

    def __iter__(self) -> Iterator[View]:
        return islice(self._all(), self._most)

    def _all(self) -> Iterator[View]:
        with open_input(self._name) as stream:
            for lines in read_lines(stream):
                for line in lines:
                    try:
                        if line.error:
                            raise RowError(line.error)
                        view = read_view(line.data)
                    except RowError as error:
                        self._note(f"{input_name(self._name)}:{line.number}: {error}")
                        continue
                    self.good += 1
                    if self._type in (None, official(view.label)):
                        yield view

    def _note(self, reason: str) -> None:
        self.bad += 1
        if len(self._reasons) < _SHOWN_REASONS:
            self._reasons.append(reason)

    def tell_bad_lines(self) -> None:
        """Say on stderr which lines cannot be shown: at the end, as a pager owns the screen."""
        for reason in self._reasons:
            print(f"seapo show: {reason}", file=sys.stderr)
        if more := self.bad - len(self._reasons):
            print(f"seapo show: {more:,} more lines cannot be shown", file=sys.stderr)
