"""What a run did: the counters behind the progress display and the closing summary."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import Any

from seapo_cli.completions import Usage


@dataclass(slots=True)
class Tally:
    """Updated during a run."""

    price_in: float | None = None
    price_out: float | None = None
    """Price per million prompt / completion tokens, if known."""
    rows_in: int = 0
    rows_out: int = 0
    rows_rejected: int = 0
    """Rows that the stage rejected, as `filter` does."""
    rows_failed: int = 0
    """Input rows with at least one failure; they may have produced output as well."""
    rows_pending: int = 0
    """Input rows that wait for answers in a later run."""
    rows_held_out: int = 0
    """Rows that went to a separate file, for evaluation."""
    requests_sent: int = 0
    """Requests to the backend, retries included."""
    from_store: int = 0
    """Answers that were paid for in an earlier run."""
    shared: int = 0
    """Answers shared with an identical request of this run that was still open."""
    retries: int = 0
    usage: Usage = field(default_factory=Usage)
    """Tokens of the answers that this run paid for."""
    bytes_done: int = 0
    """Input bytes up to the last finished row."""
    started: float = field(default_factory=time.monotonic)

    def add(self, other: Tally) -> None:
        """Merge the counts of another tally; times and prices stay."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def nothing_done(self) -> bool:
        """Whether rows failed and none succeeded."""
        done = self.rows_out + self.rows_rejected + self.rows_held_out
        return self.rows_failed > 0 and not done

    @property
    def asked(self) -> bool:
        """Whether a model was asked, or its answers were taken from the store."""
        return self.requests_sent + self.from_store > 0

    @property
    def cost(self) -> float | None:
        """What this run's tokens cost; None without prices."""
        return self.cost_of(self.usage)

    def cost_of(self, usage: Usage) -> float | None:
        """What tokens cost; None without prices."""
        if self.price_in is None and self.price_out is None:
            return None
        bill = usage.prompt_tokens * (self.price_in or 0)
        bill += usage.completion_tokens * (self.price_out or 0)
        return round(bill / 1e6, 6)

    def summary(self) -> dict[str, Any]:
        """The closing summary."""
        seconds = self.seconds
        found: dict[str, Any] = {
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "rows_rejected": self.rows_rejected,
            "rows_failed": self.rows_failed,
            "rows_pending": self.rows_pending,
            "requests_sent": self.requests_sent,
            "from_store": self.from_store,
            "shared": self.shared,
            "retries": self.retries,
            **self.usage.model_dump(),
            "seconds": round(seconds, 3),
            "tokens_per_second": round(self.usage.completion_tokens / max(seconds, 1e-9), 1),
        }
        if self.cost is not None:
            found["cost"] = self.cost
        return found


_COUNTS = [f.name for f in fields(Tally) if f.name not in ("price_in", "price_out", "started")]
