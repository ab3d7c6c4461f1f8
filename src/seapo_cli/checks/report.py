"""How many pairs each check rejected, by error type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from seapo_cli.checks.base import Verdict
from seapo_cli.text.safe import label
from seapo_cli.text.tables import table

_UNNAMED = "(none)"
_OTHER = "(other)"
_MOST_TYPES = 1000
"""Beyond this many labels they are counted together: memory must not grow with the input."""
_MOST_COLUMNS = 6


class FilterReport:
    """Updated during a run. A pair that fails several checks counts for each."""

    def __init__(self, checks: Sequence[str]) -> None:
        self._checks = checks
        self._rows: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._failed: dict[str, Counter[str]] = {name: Counter() for name in checks}
        self._skipped: Counter[str] = Counter()

    def add(self, error_type: str | None, verdicts: Mapping[str, Verdict], kept: bool) -> None:
        """Count one pair."""
        kind = error_type or _UNNAMED
        if kind not in self._rows and len(self._rows) >= _MOST_TYPES:
            kind = _OTHER
        self._rows[kind] += 1
        self._kept[kind] += kept
        for name, verdict in verdicts.items():
            if verdict.decision == "fail":
                self._failed[name][kind] += 1
            elif verdict.decision == "skip":
                self._skipped[name] += 1

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of another report."""
        for kind, counts in figures["types"].items():
            self._rows[kind] += counts["rows"]
            self._kept[kind] += counts["kept"]
        for name, counts in figures["checks"].items():
            self._failed[name].update(counts["rejected_by_type"])
            self._skipped[name] += counts["not_applicable"]

    def summary(self) -> dict[str, Any]:
        """For the summary: by error type, and by check."""
        return {
            "types": {
                kind: {"rows": count, "kept": self._kept[kind]}
                for kind, count in self._rows.most_common()
            },
            "checks": {
                name: {
                    "rejected": failed.total(),
                    "not_applicable": self._skipped[name],
                    "rejected_by_type": dict(failed.most_common()),
                }
                for name, failed in self._failed.items()
            },
        }

    def table(self) -> str:
        """Rejected pairs by check and error type, the commonest types first."""
        kinds = [kind for kind, _ in self._rows.most_common(_MOST_COLUMNS)]
        lines = [["rejected by", "all", *map(label, kinds)]]
        lines += [
            [name, f"{failed.total():,}", *(f"{failed[kind]:,}" for kind in kinds)]
            for name, failed in self._failed.items()
            if failed
        ]
        for name, counts in (("kept", self._kept), ("of", self._rows)):
            lines.append([name, f"{counts.total():,}", *(f"{counts[kind]:,}" for kind in kinds)])
        return table(lines, indent="  ")
