"""Options of the commands that ask a model: what a run may cost."""

from __future__ import annotations

from typing import Annotated

from seapo_cli.exceptions import UsageError
from seapo_cli.options.option import Settings, opt


class BudgetSettings(Settings, group="Requests"):
    """Prices, and where a run ends because of them."""

    price_in: Annotated[float | None, "Price of a million prompt tokens."] = opt(
        None, harmless=True, ge=0
    )
    price_out: Annotated[float | None, "Price of a million completion tokens."] = opt(
        None, harmless=True, ge=0
    )
    max_cost: Annotated[
        float | None,
        "End the run (exit code 5) once it has cost this much, by --price-in and --price-out; "
        "the same command goes on.",
    ] = opt(None, harmless=True, gt=0)
    max_tokens_total: Annotated[
        int | None, "End the run (exit code 5) once it has used so many tokens, of prompts too."
    ] = opt(None, harmless=True, ge=1, lt=2**63)

    @property
    def has_limit(self) -> bool:
        """Whether a run ends at some cost or number of tokens."""
        return self.max_cost is not None or self.max_tokens_total is not None

    def check(self) -> None:
        if self.max_cost is not None and not (self.price_in or self.price_out):
            raise UsageError("--max-cost needs prices: give --price-in and --price-out")
