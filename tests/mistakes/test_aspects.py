"""Ratings by aspect: what is asked, and what the check makes of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from check_pairs import pair
from seapo_cli.checks.aspects import Aspects
from seapo_cli.checks.base import Verdict
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import Pending, RowError, UsageError
from seapo_cli.mistakes.aspects import ASPECTS
from seapo_cli.mistakes.error_types import template

GOOD, BAD = "Stockholm is the capital.", "Oslo is the capital."


class Planted:
    """A gateway whose model finds Oslo less true."""

    model = "judge"

    def __init__(self, bad: int = 2, good: int = 5, text: str = "") -> None:
        self.requests: list[Request] = []
        self._bad, self._good, self._text = bad, good, text

    async def complete(self, request: Request, _priority: int) -> Completion:
        self.requests.append(request)
        content = request.messages[0].content
        untrue = "Oslo" in content and "made up" in content
        rating = {"reason": "so it is", "rating": self._bad if untrue else self._good}
        return Completion(text=self._text or json.dumps(rating))


def verdict(
    gateway: Any, check: Aspects | None = None, good: str = GOOD, bad: str = BAD
) -> Verdict:
    return asyncio.run((check or Aspects()).verdict(pair(good, bad), gateway))


def test_every_answer_is_rated_by_itself_in_each_aspect() -> None:
    gateway = Planted()
    found = verdict(gateway)
    assert len(gateway.requests) == 8
    asked = [request.messages[0].content for request in gateway.requests]
    assert [GOOD in text for text in asked] == [True] * 4 + [False] * 4
    assert [BAD in text for text in asked] == [False] * 4 + [True] * 4
    for text, aspect in zip(asked, ASPECTS * 2, strict=True):
        rubrics = {one: template(f"judge/aspects/{one}").template.strip() for one in ASPECTS}
        assert [one for one, rubric in rubrics.items() if rubric in text] == [aspect]
    assert len({text.partition("Aspect:")[0] for text in asked}) == 2, "a common beginning"
    schema = gateway.requests[0].schema
    assert schema is not None
    assert schema["properties"]["rating"]["enum"] == [1, 2, 3, 4, 5]
    assert list(schema["properties"]) == ["reason", "rating"]
    assert found.decision == "pass"
    assert {name: found.value[name] for name in ("model", "chosen", "rejected", "margin")} == {
        "model": "judge",
        "chosen": 5,
        "rejected": 4.25,
        "margin": 0.75,
    }
    ratings = found.value["ratings"]["rejected"]
    assert ratings["truthfulness"] == {"reason": "so it is", "rating": 2}
    assert ratings["honesty"]["rating"] == 5


def test_the_mean_has_to_lead() -> None:
    assert verdict(Planted(bad=5)).reason == "both answers are rated the same"
    assert verdict(Planted(), good=BAD, bad=GOOD).reason == "the negative is rated higher, by 0.75"
    assert verdict(Planted(), Aspects(margin=0.75)).decision == "pass"
    assert (
        verdict(Planted(), Aspects(margin=1)).reason == "the response is rated higher by 0.75 only"
    )


def test_some_aspects_are_enough() -> None:
    gateway = Planted()
    found = verdict(gateway, Aspects(names=("truthfulness", "truthfulness")))
    assert (len(gateway.requests), found.value["margin"]) == (2, 3)
    for names in ((), ("truth",)):
        with pytest.raises(UsageError, match="take some of instruction-following"):
            Aspects(names=names)


def test_ratings_are_read_leniently_but_not_made_up() -> None:
    found = verdict(Planted(text='Well:\n```json\n{"rating": 4, "reason": "fine"}\n```'))
    assert found.value["chosen"] == 4
    for text in ("no JSON", '{"rating": 6}', '{"rating": "good"}', '{"reason": "cut'):
        with pytest.raises(RowError, match="no rating"):
            verdict(Planted(text=text))


def test_a_batch_gets_all_requests_at_once() -> None:
    class Later(Planted):
        async def complete(self, request: Request, priority: int) -> Completion:
            await super().complete(request, priority)
            await asyncio.sleep(0)
            raise Pending("later")

    gateway = Later()
    with pytest.raises(Pending):
        verdict(gateway)
    assert len(gateway.requests) == 8


def test_the_summary_has_the_distribution() -> None:
    check = Aspects()
    for bad in (1, 3, 5):
        verdict(Planted(bad=bad), check)
    assert check.summary()["quantiles"]["0.5"] == 0.5
