"""The judge: both orders, planted answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from check_pairs import pair
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.judged import Judged
from seapo_cli.exceptions import RowError
from seapo_cli.mistakes.error_types import canonical_name, error_types
from seapo_cli.mistakes.judge import Comparison, compare
from seapo_cli.rows import Completion, Message, Request, Usage

GOOD, BAD = "Stockholm is the capital.", "Oslo is the capital."


class Planted:
    """A gateway whose model likes Stockholm, or always the same place."""

    def __init__(self, worse: str | None = None, by: int = 2, text: str = "") -> None:
        self.requests: list[Request] = []
        self._worse, self._by, self._text = worse, by, text

    async def complete(self, request: Request, _turn: int) -> Completion:
        self.requests.append(request)
        content = request.messages[0].content
        bad_first = content.index("Oslo") < content.index("Stockholm")
        worse = self._worse or ("A" if bad_first else "B")
        mistakes = {"mistake_a": "none", "mistake_b": "none"}
        mistakes[f"mistake_{worse.lower()}"] = "factual"
        text = self._text or json.dumps({**mistakes, "worse": worse, "by": self._by})
        return Completion(text=text, usage=Usage(prompt_tokens=10, completion_tokens=5))


def judged(gateway: Any, first: str = GOOD, second: str = BAD, kind: str = "x") -> Comparison:
    messages = (Message(role="user", content="Capital of Sweden?"),)
    return asyncio.run(compare(messages, first, second, gateway, 1, kind))


def verdict(gateway: Any, check: Judged | None = None, kind: str = "factual") -> Verdict:
    found = pair(GOOD, BAD, error={"type": kind})
    return asyncio.run((check or Judged()).verdict(found, gateway))


def test_a_preference_that_survives_the_swap() -> None:
    found = judged(Planted())
    assert (found.margins, found.margin, found.better) == ((2, 2), 2.0, "first")
    assert (found.first_mistakes, found.second_mistakes) == (("none",) * 2, ("factual",) * 2)
    assert found.usage.prompt_tokens == 20
    assert judged(Planted(), BAD, GOOD).better == "second"


def test_a_preference_for_a_place_is_none() -> None:
    for worse in ("A", "B"):
        found = judged(Planted(worse))
        assert (found.better, found.margin) == (None, 0.0)


def test_the_answer_is_read_leniently() -> None:
    text = 'Sure!\n```json\n{"mistake_a":"none","mistake_b":"none","worse":"B","by":1}\n```'
    assert judged(Planted(text=text)).margin == 0
    for text in ("no JSON", '{"worse": "C"}', '{"worse":"A","by":9}'):
        with pytest.raises(RowError, match="no verdict"):
            judged(Planted(text=text))


def test_the_schema_offers_the_packaged_types_and_the_rows_own() -> None:
    gateway = Planted()
    judged(gateway, kind="entity_modification")
    broad = ["factual", "logical", "hallucination", "style"]
    assert offered(gateway.requests[0]) == [*broad, "entity_modification", "none"]
    judged(gateway, kind="entity")
    assert offered(gateway.requests[-1]) == [*broad, "entity", "none"]
    assert (
        f"- entity: {error_types()['entity'].description}"
        in gateway.requests[-1].messages[0].content
    )
    assert canonical_name("correctness") == "factual"
    judged(gateway, kind="correctness")
    assert offered(gateway.requests[-1]) == [*broad, "none"]


def offered(request: Request) -> list[str]:
    """Mistakes that a request lets the model name."""
    assert request.schema is not None
    kinds: list[str] = request.schema["properties"]["mistake_a"]["enum"]
    return kinds


def test_the_check_keeps_what_both_orders_call_worse() -> None:
    found = verdict(Planted())
    assert found.decision == "pass"
    assert found.value == {"margin": 2.0, "mistakes": ["factual"], "named": True}
    assert verdict(Planted("A")).decision == "fail"
    assert verdict(Planted(by=1), Judged(margin=1.5)).decision == "fail"
    assert verdict(Planted(), Judged(named=True), kind="logical").decision == "fail"
    assert verdict(Planted(), Judged(named=True), kind="correctness").decision == "pass"


def test_half_a_character_in_a_reply_reaches_no_file() -> None:
    mistakes = '"mistake_a": "none", "mistake_b": "odd \\ud83d"'
    found = judged(Planted(text=f'{{{mistakes}, "worse": "B", "by": 1}}'))
    for name in (*found.first_mistakes, *found.second_mistakes):
        assert name.encode()


def test_a_cut_verdict_says_so() -> None:
    with pytest.raises(RowError, match="finish_reason"):
        judged(Planted(text='{"mistake_a": "no'))
