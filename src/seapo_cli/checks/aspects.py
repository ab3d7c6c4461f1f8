"""Does a model that rates each answer by itself, in four aspects, rate the response higher?"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from seapo_cli.checks.base import Verdict, failed, passed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.quantiles import MeasuredCheck
from seapo_cli.mistakes.aspects import ASPECTS, Rating, rate

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway


class Aspects(MeasuredCheck):
    """Asks once for each answer and aspect; see `mistakes/aspects.py`."""

    name = "aspects"
    about = (
        "The model rates the response higher: mean of four aspects, 1 to 5, by `margin` or more."
    )

    margin: float = Field(default=0.0, ge=0, le=4)
    """By how much the mean of the response's ratings must lead; with 0, by anything."""
    names: tuple[str, ...] = ASPECTS
    """The aspects that are rated."""

    @field_validator("names")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or set(names) - set(ASPECTS):
            raise ValueError(f"take some of {', '.join(ASPECTS)}")
        return tuple(dict.fromkeys(names))

    @property
    def asks_model(self) -> bool:
        return True

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:
        assert gateway is not None
        row, sides = pair.row, (pair.response, pair.negative)
        rated = await rate(row.messages, sides, self.names, gateway, row.line, row.tools)
        response, negative = map(_mean, rated)
        lead = round(response - negative, 4)
        self._quantiles.add(pair, lead)
        value = {"model": gateway.model, "chosen": response, "rejected": negative, "margin": lead}
        value["ratings"] = dict(zip(("chosen", "rejected"), map(_dumped, rated), strict=True))
        if lead < 0:
            return failed(f"the negative is rated higher, by {-lead:g}", value)
        if lead == 0:
            return failed("both answers are rated the same", value)
        if lead < self.margin:
            return failed(f"the response is rated higher by {lead:g} only", value)
        return passed(value)


def _mean(ratings: Mapping[str, Rating]) -> float:
    return round(mean(one.rating for one in ratings.values()), 4)


def _dumped(ratings: Mapping[str, Rating]) -> dict[str, Any]:
    return {aspect: one.model_dump() for aspect, one in ratings.items()}
