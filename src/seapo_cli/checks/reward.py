"""Does a reward model score the response higher than the negative?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr

from seapo_cli.calls import ToolAnswer
from seapo_cli.checks.base import Verdict, failed, passed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.scored import ScoredCheck
from seapo_cli.checks.scorer import Kind
from seapo_cli.completions import Request, RewardForm, Sampling
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway

_NOTHING = Sampling(max_tokens=0)
"""No token is written."""


class Reward(ScoredCheck):
    """The difference of two rewards, each of one answer; see `training/rewards.py`.

    What is too long for the model fails its row: an answer that was cut would be scored as another.
    """

    name = "reward"
    about = "A reward model scores the response higher, by `margin` at least."
    kind: ClassVar[Kind] = "reward"

    margin: float = Field(default=0.0, ge=0)
    """By how much the response must lead; with 0, by anything."""
    scorer: str = ""
    """A transformers sequence classifier (folder or hub name), instead of a vLLM server."""
    api: RewardForm = "pooling"
    """What a vLLM server is asked: pooling for reward models, score for cross-encoders."""
    _counts: Counter[str] = PrivateAttr(default_factory=Counter)

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:
        if gateway is None or self.scorer:
            model = self.scorer
            response, negative = (await self._scores_here(pair))["rewards"]
        else:
            model = gateway.model
            response, negative = await self._served_rewards(pair, gateway)
        lead = round(response - negative, 4)
        self._quantiles.add(pair, lead)
        value = {"model": model, "chosen": round(response, 4), "rejected": round(negative, 4)}
        value["margin"] = lead
        outcome = "behind" if lead < 0 else "equal" if lead == 0 else "ahead"
        if outcome == "ahead" and lead < self.margin:
            outcome = "too_little"
        self._counts[outcome] += 1
        reasons = {
            "behind": f"the reward model scores the negative higher, by {-lead:g}",
            "equal": "the reward model scores both answers the same",
            "too_little": f"the response leads by {lead:g} only",
        }
        return failed(reasons[outcome], value) if outcome in reasons else passed(value)

    async def _served_rewards(self, pair: CheckedPair, gateway: Gateway) -> list[float]:
        row = pair.row
        if self.api == "score" and (len(row.messages) > 1 or row.tools or _calls(pair)):
            raise RowError("reward.api=score takes a prompt of one turn, without tools")
        requests = [
            Request((*row.messages, Message.of(answer)), _NOTHING, tools=row.tools, reward=self.api)
            for answer in (pair.response, pair.negative)
        ]
        asked = [gateway.complete(request, row.line) for request in requests]
        found = [one.reward for one in await asyncio.gather(*asked)]
        rewards = [reward for reward in found if reward is not None]
        assert len(rewards) == len(requests)
        return rewards

    def summary(self) -> dict[str, Any]:
        if not self._counts:
            return {}
        found = {"pairs": dict(self._counts.most_common()), **super().summary()}
        if self.scorer:
            found |= {"computed": self._tally.requests_sent, "from_store": self._tally.from_store}
        return found

    def part(self) -> dict[str, Any]:
        tally = {"computed": self._tally.requests_sent, "from_store": self._tally.from_store}
        return {**super().part(), "pairs": self._counts, **tally}

    def merge(self, part: Mapping[str, Any]) -> None:
        super().merge(part)
        self._counts.update(part["pairs"])
        self._tally.requests_sent += part["computed"]
        self._tally.from_store += part["from_store"]


def _calls(pair: CheckedPair) -> bool:
    return isinstance(pair.response, ToolAnswer) or isinstance(pair.negative, ToolAnswer)
