"""`filter`: keep a pair only if its negative is really worse, and worth learning from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seapo_cli.checks.base import AnyCheck, Check, SlowCheck, Verdict
from seapo_cli.checks.choose import choose
from seapo_cli.checks.pair import CheckedPair, read_pair
from seapo_cli.checks.report import FilterReport
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import RowError
from seapo_cli.options import FilterSettings
from seapo_cli.rows import Keys, Row

Verdicts = dict[str, Verdict]


class Filter(Stage):
    """Runs quick checks first; rows that pass then go through those that await something.

    Rows may lack a negative if every check can judge a response alone.
    """

    name = "filter"

    def __init__(self, checks: Sequence[AnyCheck], keys: Keys, store: Path | None = None) -> None:
        """`store` is where checks keep what they compute themselves."""
        quick = [check for check in checks if isinstance(check, Check)]
        self._first = [check for check in quick if not check.last]
        self._last = [check for check in quick if check.last]
        self.slow = [check for check in checks if isinstance(check, SlowCheck)]
        """Those that wait."""
        self.asks_model = any(check.asks_model for check in self.slow)
        # As many rows as there are cores for child processes; while one waits, another proceeds.
        cores = max(2, os.cpu_count() or 1)
        self.at_once = max(cores, *(check.at_once for check in self.slow)) if self.slow else 1
        for check in self.slow:
            check.keep_in(store)
        self._alone = bool(checks) and all(check.alone for check in checks)
        self._all = checks
        self._keys = keys
        self._report = FilterReport([check.name for check in checks])

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user before it runs."""
        return [check.warning for check in self.slow if check.warning]

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Check one row.

        The quick checks run before anything is awaited, hence in the order of the rows, which
        decides which of two duplicates is kept.
        """
        try:
            pair = read_pair(row, self._keys, self._alone)
            verdicts, kept = self._quick(pair)
            for check in self.slow:
                if kept:
                    verdicts[check.name] = verdict = await check.verdict(pair, model)
                    kept = verdict.decision != "fail"
        except RowError as error:
            return Outcome(failures=[Failure.of(error)])
        return self._sorted(pair, verdicts, kept)

    def _quick(self, pair: CheckedPair) -> tuple[Verdicts, bool]:
        """The verdicts of the quick checks, and whether the pair passes."""
        verdicts = {check.name: check.verdict(pair) for check in self._first}
        kept = _none_fails(verdicts)
        if kept and self._last:
            last = {check.name: check.verdict(pair) for check in self._last}
            return verdicts | last, _none_fails(last)
        return verdicts, kept

    def _sorted(self, pair: CheckedPair, verdicts: Verdicts, kept: bool) -> Outcome:
        """The row with its verdicts, as kept or rejected."""
        self._report.add(pair.error_type, verdicts, kept)
        out = dict(pair.row.data)
        out.setdefault("id", pair.row.id)
        before = out.get("checks")  # of an earlier run, with other checks
        out["checks"] = dict(before) if isinstance(before, dict) else {}
        out["checks"] |= {name: verdict.dump() for name, verdict in verdicts.items()}
        return Outcome(rows=[out]) if kept else Outcome(rejected=[out])

    def close(self) -> None:
        """End the processes of the checks."""
        for check in self.slow:
            check.close()

    def summary(self) -> Mapping[str, Any]:
        """How many rows each check rejected, by error type, and what else checks report."""
        told = {check.name: check.summary() for check in self._all}
        return {**self._report.summary(), **{name: found for name, found in told.items() if found}}

    def figures(self) -> Mapping[str, Any]:
        parts = {check.name: part for check in self._all if (part := check.part())}
        return {**self._report.summary(), "parts": parts}

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of the same filter run elsewhere."""
        self._report.merge(figures)
        for check in self._all:
            if part := figures.get("parts", {}).get(check.name):
                check.merge(part)

    def summary_text(self) -> str:
        """The same as a table."""
        return self._report.table()


def make_filter(
    settings: FilterSettings,
    keys: Keys,
    more: Sequence[Check] = (),
    *,
    store: Path | None = None,
) -> Filter:
    """The filter that the settings describe, with `more` checks at the end.

    Args:
        store: where checks keep what they compute themselves.

    Raises:
        UsageError: there is no such check or option, or a value is wrong.
    """
    return Filter((*choose(settings), *more), keys, store)


def _none_fails(verdicts: Verdicts) -> bool:
    return "fail" not in [verdict.decision for verdict in verdicts.values()]
