"""What a run of `pair` has to tell: what became of the prompts, and how the types came out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.formats.base import Pair
from seapo_cli.pairing.select import Mixture
from seapo_cli.text.safe import label

_UNTYPED = "untyped"
_SHOWN_TYPES = 6


@dataclass(slots=True)
class Report:
    """Counted while pairs are made."""

    prompts: int = 0
    contaminated: int = 0
    """Prompts dropped because an evaluation set has them."""
    without_pair: int = 0
    """Prompts none of whose answers is known to be better than another."""
    types: Counter[str] = field(default_factory=Counter)
    """Pairs for training by error type."""
    evaluation_pairs: int = 0
    shorter: float = 0.0
    """Pairs for training whose chosen side has fewer characters; a tie counts half."""
    mixture: Mixture | None = None

    def add(self, pair: Pair, evaluation: bool) -> None:
        """Count a pair that was made."""
        if evaluation:
            self.evaluation_pairs += 1
        else:
            self.types[pair.error_type or _UNTYPED] += 1
            longer = len(pair.rejected) - len(pair.chosen)
            self.shorter += 0.5 if longer == 0 else longer > 0

    def summary(self) -> dict[str, Any]:
        """For `--summary`."""
        found: dict[str, Any] = {
            "prompts": self.prompts,
            "contaminated_prompts": self.contaminated,
            "prompts_without_pair": self.without_pair,
            "pairs": self.types.total(),
            "evaluation_pairs": self.evaluation_pairs,
            "shorter_right": self.shorter / pairs if (pairs := self.types.total()) else None,
            "types": dict(sorted(self.types.items())),
        }
        if self.mixture:
            shares = self.mixture.shares
            found["mix"] = {s.error_type: {"wanted": s.wanted, "made": s.made} for s in shares}
            found["mix_exact_up_to"] = self.mixture.exact
        return found

    def summary_text(self) -> str:
        """For people, on stderr; lines."""
        pairs = self.types.total()
        shown = self.types.most_common(_SHOWN_TYPES)
        shares = [f"{label(name)} {count:,} ({count / pairs:.1%})" for name, count in shown]
        if more := len(self.types) - len(shown):
            shares.append(f"{more:,} other types")
        lines = [f"{self.prompts:,} prompts, {pairs:,} pairs: {', '.join(shares) or 'none'}"]
        if pairs:
            lines.append(f"the shorter side is right in {self.shorter / pairs:.0%} of them")
        if self.evaluation_pairs:
            lines.append(f"{self.evaluation_pairs:,} pairs of other prompts for evaluation")
        if self.contaminated:
            lines.append(f"{self.contaminated:,} prompts dropped: an evaluation set has them")
        if self.without_pair:
            lines.append(f"{self.without_pair:,} prompts without two answers to tell apart")
        return "\n".join(lines + (self.mixture.shortages() if self.mixture else []))
