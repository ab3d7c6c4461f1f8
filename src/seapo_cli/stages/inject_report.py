"""What `inject` made, by error type: for `--summary`, and a table on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

_COUNTS = ("made", "type does not fit", "answer is wrong", "failed", "longer", "shorter")


class InjectReport:
    """Updated during a run."""

    def __init__(self) -> None:
        self._types: dict[str, Counter[str]] = {}

    def made(self, error_type: str, response: str, negative: str) -> None:
        """Count a negative, and which side is longer."""
        self.count(error_type, "made")
        if len(negative) != len(response):
            self.count(error_type, "longer" if len(negative) > len(response) else "shorter")

    def count(self, error_type: str, what: str) -> None:
        """Count the outcome of one requested negative."""
        self._types.setdefault(error_type, Counter())[what] += 1

    def summary(self) -> Mapping[str, Any]:
        """Counts by error type. `longer` and `shorter` refer to the negative's length."""
        return {
            "types": {
                name: {what.replace(" ", "_"): counts[what] for what in _COUNTS}
                for name, counts in self._types.items()
            }
        }

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of the same stage run elsewhere."""
        for name, counts in figures.get("types", {}).items():
            for what in _COUNTS:
                self._types.setdefault(name, Counter())[what] += counts[what.replace(" ", "_")]

    def summary_text(self) -> str:
        """The same as a table."""
        width = max([len(name) for name in self._types] or [0]) + 2
        lines = [f"{'type':<{width}} made  declined: no fit, wrong answer  failed  longer  shorter"]
        for name, n in self._types.items():
            made = max(n["made"], 1)
            lines.append(
                f"{name:<{width}} {n['made']:>4,}  {n['type does not fit']:>16,}, "
                f"{n['answer is wrong']:>12,}  {n['failed']:>6,}  {n['longer'] / made:>6.0%}  "
                f"{n['shorter'] / made:>7.0%}"
            )
        return "\n".join(lines) if self._types else ""
