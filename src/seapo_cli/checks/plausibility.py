"""Would a model write the negative? Outlandish ones teach nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import truediv
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from seapo_cli.calls import Tool
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.scored import ScoredCheck
from seapo_cli.checks.scorer import Kind
from seapo_cli.completions import Request, Sampling
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway

_ONE_TOKEN = Sampling(temperature=0.0, max_tokens=1)


class Plausibility(ScoredCheck):
    """Mean log-probability of the negative's tokens minus that of the response's, in nats.

    A row cannot wait for all others, so rejection is by a fixed bound; the summary reports the
    quantiles that help to choose it, of a sample that is the same in every run.
    """

    name = "plausibility"
    about = "Mean log-probability per token: negative minus response."
    kind: ClassVar[Kind] = "log-likelihood"

    min: float = -2.0
    max: float = math.inf
    scorer: str = Field(default="")
    """A transformers model (folder or hub name) to score with, instead of a vLLM server."""

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:
        if gateway is None or self.scorer:
            found = await self._scores_here(pair)
            response, negative = map(truediv, found["sums"], found["tokens"])
        else:
            response, negative = await _served_means(pair, gateway)
        value = round(negative - response, 4)
        self._quantiles.add(pair, value)
        means = {"means": {"response": round(response, 4), "negative": round(negative, 4)}}
        if self.min <= value <= self.max:
            return Verdict("pass", value, more=means)
        side = "less" if value < self.min else "more"
        reason = f"the negative is {abs(value):.2f} nats a token {side} probable"
        return Verdict("fail", value, reason, more=means)


async def _served_means(pair: CheckedPair, gateway: Gateway) -> list[float]:
    row = pair.row
    sides = (pair.response, pair.negative)
    found = await served_logprobs(row.messages, row.tools, sides, gateway, row.line)
    return [sum(side) / len(side) for side in found]


async def served_logprobs(
    messages: tuple[Message, ...],
    tools: tuple[Tool, ...],
    answers: Sequence[str],
    gateway: Gateway,
    priority: int,
) -> list[tuple[float, ...]]:
    """Log-probabilities of the tokens of each answer, from a server that gives them.

    Raises:
        RowError: the server scored no token of an answer.
    """
    scored = []
    for answer in answers:
        turns = (*messages, Message.of(answer))
        request = Request(turns, _ONE_TOKEN, scored=True, tools=tools)
        completion = await gateway.complete(request, priority)
        scored.append(completion.prompt_logprobs or ())
    asked = Request(messages, _ONE_TOKEN, tools=tools)
    prompt = (await gateway.complete(asked, priority)).usage.prompt_tokens
    # The first token has none, so the answer's begin one place earlier.
    found = [one[max(0, prompt - 1) :] for one in scored]
    if not all(found):
        raise RowError("the server scored no token of the answer")
    return found
