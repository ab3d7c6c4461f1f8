"""A model compares two answers, in both orders, and names the mistakes under a JSON schema.

Models favor the answer that they read first (or last), so a preference counts only if it
survives the swap.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seapo_cli.calls import Tool
from seapo_cli.completions import Request, Usage
from seapo_cli.engine.gateway import Gateway
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import conversation_text
from seapo_cli.mistakes.error_types import canonical_name, error_types, template
from seapo_cli.mistakes.questions import question, read_reply

NO_MISTAKE = "none"
_BROAD = ("factual", "logical", "hallucination", "style")
"""Kinds that every judgment may name; a more specific one only if it is asked about."""
_SLIGHTLY, _FAR = 1, 3
_MAX_TOKENS = 96
"""The verdict takes about 35."""


class _Verdict(BaseModel):
    """What the model says of the answers in one order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mistake_a: str
    mistake_b: str
    worse: Literal["A", "B"]
    by: int = Field(ge=_SLIGHTLY, le=_FAR)

    @property
    def margin(self) -> int:
        """By how much answer A is better, from -3 to 3."""
        return self.by if self.worse == "B" else -self.by


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers to one prompt, compared."""

    margins: tuple[int, int]
    """By how much the first answer is better, in either order: 1 slightly, 2 clearly, 3 far."""
    first_mistakes: tuple[str, str]
    second_mistakes: tuple[str, str]
    """Kinds of mistakes named in each answer, in either order."""
    usage: Usage

    @property
    def margin(self) -> float:
        """By how much the first answer is better, from -3 to 3: the mean of both orders."""
        return sum(self.margins) / 2

    @property
    def better(self) -> Literal["first", "second"] | None:
        """The answer that both orders prefer; None if they disagree: no clear difference."""
        if min(self.margins) > 0:
            return "first"
        return "second" if max(self.margins) < 0 else None


async def compare(
    messages: tuple[Message, ...],
    first: str,
    second: str,
    gateway: Gateway,
    priority: int,
    kind: str | None = None,
    tools: tuple[Tool, ...] = (),
) -> Comparison:
    """Compare two answers to a conversation, in both orders.

    Args:
        priority: the row's line: requests of earlier rows go out first.
        kind: a mistake to look for besides the packaged error types; an alias is one of these.
        tools: the tools that the conversation offers.

    Raises:
        RowError: a request failed, or its answer holds no verdict.
        SeapoError: nothing can be answered any more.
    """
    kinds = _kinds(kind)
    requests = [
        _request(messages, tools, a, b, kinds) for a, b in ((first, second), (second, first))
    ]
    asked = [gateway.complete(request, priority) for request in requests]
    straight, swapped = await asyncio.gather(*asked)
    one, two = (read_reply(_Verdict, reply, "verdict") for reply in (straight, swapped))
    return Comparison(
        margins=(one.margin, -two.margin),
        first_mistakes=(one.mistake_a, two.mistake_b),
        second_mistakes=(one.mistake_b, two.mistake_a),
        usage=straight.usage + swapped.usage,
    )


def _kinds(kind: str | None) -> dict[str, str]:
    """Mistakes that the model may name, with their descriptions."""
    known = error_types()
    kinds = {name: known[name].description for name in _BROAD}
    if kind and (name := canonical_name(kind)) not in kinds:
        described = known[name].description if name in known else None
        kinds[name] = described or kind.replace("_", " ").replace("+", ", ")
    return kinds


def _request(
    messages: tuple[Message, ...],
    tools: tuple[Tool, ...],
    first: str,
    second: str,
    kinds: dict[str, str],
) -> Request:
    content = template("judge/compare").substitute(
        conversation=conversation_text(messages, tools),
        first=first,
        second=second,
        kinds="\n".join(f"- {name}: {description}" for name, description in kinds.items()),
    )
    return question(content, _properties(tuple(kinds)), _MAX_TOKENS)


def _properties(kinds: tuple[str, ...]) -> dict[str, Any]:
    """The mistakes come before the verdict, as they bear on it."""
    mistake = {"type": "string", "enum": [*kinds, NO_MISTAKE]}
    worse = {"type": "string", "enum": ["A", "B"]}
    by = {"type": "integer", "enum": list(range(_SLIGHTLY, _FAR + 1))}
    return {"mistake_a": mistake, "mistake_b": mistake, "worse": worse, "by": by}
