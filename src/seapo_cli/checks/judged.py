"""Does a model that compares both answers call the negative worse?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from seapo_cli.checks.base import SlowCheck, Verdict, failed, passed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.mistakes.judge import compare

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway


class Judged(SlowCheck):
    """Asks in both orders; see `mistakes/judge.py`."""

    name = "judge"
    about = "The model calls the negative worse in both orders of the answers."

    margin: float = Field(default=0.0, ge=0, le=3)
    """By how much the response must be better: mean of both orders, 1 slightly, 3 far."""
    named: bool = False
    """Whether the model must also name the row's error type in the negative, in either order."""

    @property
    def asks_model(self) -> bool:
        return True

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:
        assert gateway is not None
        row, kind = pair.row, pair.error_type
        sides = pair.response, pair.negative
        found = await compare(row.messages, *sides, gateway, row.line, kind, row.tools)
        mistakes = list(dict.fromkeys(found.second_mistakes))
        value = {"margin": found.margin, "mistakes": mistakes}
        named = kind is None or canonical_name(kind) in mistakes
        if kind is not None:
            value["named"] = named
        if found.better != "first":
            side = "calls the response worse" if found.better else "has no clear preference"
            return failed(f"the judge {side}", value)
        if found.margin < self.margin:
            return failed(f"the judge sees a margin of only {found.margin:g}", value)
        if self.named and not named:
            return failed(f"the judge names {' and '.join(mistakes)}, not {kind}", value)
        return passed(value)
