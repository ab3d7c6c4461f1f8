"""The views of a file, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from seapo_cli.exceptions import RowError
from seapo_cli.io.faults import Faults
from seapo_cli.io.jsonl import input_name, lines_of
from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.show.view import View, read_views
from seapo_cli.text.safe import label, tell

_NAMED = 10
"""Most types that are named where the wanted one is not there."""


class Views:
    """Views of the rows of a file, read as they are asked for."""

    def __init__(self, name: str, error_type: str | None, most: int | None) -> None:
        self._name = name
        self._type = error_type and canonical_name(error_type)
        self._most = most
        self.good = self.shown = 0
        """Lines that can be shown, and views that were."""
        self.faults = Faults()
        self._labels: Counter[str] = Counter()

    def __iter__(self) -> Iterator[View]:
        return islice(self._all(), self._most)

    def _all(self) -> Iterator[View]:
        for line in lines_of(self._name):
            try:
                views = read_views(line.value)
            except RowError as error:
                self.faults.add(f"{input_name(self._name)}:{line.number}", error)
                continue
            self.good += 1
            for view in views:
                self._labels[view.label] += 1
                if self._type in (None, canonical_name(view.label)):
                    self.shown += 1
                    yield view

    def tell(self) -> None:
        """Say on stderr what is not shown, and why: at the end, as a pager owns the screen."""
        self.faults.tell("seapo show", "cannot be shown")
        if not self.shown and not self.faults.count:
            there = ", ".join(
                f"{label(name)} ({n:,})" for name, n in self._labels.most_common(_NAMED)
            )
            wanted = f"no row of type {self._type!r}: there are {there}"
            tell(f"seapo show: {wanted if there else f'{self._name}: no rows'}")
