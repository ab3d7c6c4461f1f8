"""`filter`: keep a pair only if its negative is really worse, and worth learning from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seapo_cli.checks.base import AnyCheck, Check, SlowCheck, Verdict
from seapo_cli.checks.choose import choose
from seapo_cli.checks.pair import Pair, read_pair
from seapo_cli.checks.report import Report
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.pipeline import Failure, Outcome
from seapo_cli.exceptions import RowError
from seapo_cli.options import FilterSettings
from seapo_cli.rows import Keys, Row

Verdicts = dict[str, Verdict]


class _Base:
    """What both kinds of filter do: run the quick checks, sort the row, count."""

    name = "filter"

    def __init__(self, checks: Sequence[AnyCheck], keys: Keys) -> None:
        quick = [check for check in checks if isinstance(check, Check)]
        self._first = [check for check in quick if not check.last]
        self._last = [check for check in quick if check.last]
        self._all = checks
        self._keys = keys
        self._report = Report([check.name for check in checks])

    def _quick(self, pair: Pair) -> Verdicts:
        verdicts = {check.name: check.verdict(pair) for check in self._first}
        if self._last and _kept(verdicts.values()):
            verdicts |= {check.name: check.verdict(pair) for check in self._last}
        return verdicts

    def _sorted(self, pair: Pair, verdicts: Verdicts) -> Outcome:
        """The row with its verdicts, as kept or rejected."""
        kept = _kept(verdicts.values())
        self._report.add(pair.error_type, verdicts, kept)
        out = dict(pair.row.data)
        out.setdefault("id", pair.row.id)
        out["checks"] = {name: verdict.dump() for name, verdict in verdicts.items()}
        return Outcome(rows=[out]) if kept else Outcome(rejected=[out])

    def summary(self) -> Mapping[str, Any]:
        """How many rows each check rejected, by error type, and what checks tell besides."""
        told = {check.name: check.summary() for check in self._all}
        return {**self._report.summary(), **{name: found for name, found in told.items() if found}}

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Count what the same filter did elsewhere, from its figures; only rows and checks."""
        self._report.merge(figures)

    def summary_text(self) -> str:
        """The same as a table."""
        return self._report.table()


class Filter(_Base):
    """Quick checks only, one row after the other."""

    def process(self, row: Row) -> Outcome:
        """Check one row."""
        try:
            pair = read_pair(row, self._keys)
        except RowError as error:
            return Outcome(failures=[Failure(str(error))])
        return self._sorted(pair, self._quick(pair))


class SlowFilter(_Base):
    """Also checks that wait, for a model or child processes: for what the quick ones let pass."""

    def __init__(self, checks: Sequence[AnyCheck], keys: Keys) -> None:
        super().__init__(checks, keys)
        self._slow = [check for check in checks if isinstance(check, SlowCheck)]
        self.concurrency = os.cpu_count() or 1
        """Rows at once where no model is asked: as many as there are cores for children."""

    @property
    def asks_model(self) -> bool:
        """Whether a check needs the gateway."""
        return any(check.asks_model for check in self._slow)

    @property
    def warnings(self) -> list[str]:
        """What a user should know before it runs."""
        return [check.warning for check in self._slow if check.warning]

    async def process(self, row: Row, gateway: Gateway | None = None) -> Outcome:
        """Check one row; many at once.

        The quick checks run before anything is awaited, hence in the order of the rows, which
        decides which of two duplicates is kept.
        """
        try:
            pair = read_pair(row, self._keys)
            verdicts = self._quick(pair)
            for check in self._slow:
                if _kept(verdicts.values()):
                    verdicts[check.name] = await check.verdict(pair, gateway)
        except RowError as error:
            return Outcome(failures=[Failure.of(error)])
        return self._sorted(pair, verdicts)


def make_filter(
    settings: FilterSettings, keys: Keys, more: Sequence[Check] = ()
) -> Filter | SlowFilter:
    """The filter that the settings ask for, with `more` checks at the end.

    Raises:
        UsageError: there is no such check or option, or a value is wrong.
    """
    checks = (*choose(settings), *more)
    slow = any(isinstance(check, SlowCheck) for check in checks)
    return SlowFilter(checks, keys) if slow else Filter(checks, keys)


def _kept(verdicts: Iterable[Verdict]) -> bool:
    return "fail" not in [verdict.decision for verdict in verdicts]
