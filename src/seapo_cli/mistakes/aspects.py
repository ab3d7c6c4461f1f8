"""A model rates one answer in one aspect, from 1 to 5, and is never told of another answer.

The four aspects are those of UltraFeedback (arXiv 2310.01377); what each asks is in
`prompts/judge/aspects/`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from seapo_cli.calls import Tool
from seapo_cli.completions import Completion, Request
from seapo_cli.engine.gateway import Gateway
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import conversation_text
from seapo_cli.mistakes.error_types import template
from seapo_cli.mistakes.questions import question, read_reply

ASPECTS = ("instruction-following", "honesty", "truthfulness", "helpfulness")
_LEAST, _MOST = 1, 5
_MAX_TOKENS = 160
"""The reason takes about 40."""


class Rating(BaseModel):
    """What the model says of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: str = ""
    rating: int = Field(ge=_LEAST, le=_MOST)


async def rate(
    messages: tuple[Message, ...],
    answers: Sequence[str],
    aspects: Sequence[str],
    gateway: Gateway,
    priority: int,
    tools: tuple[Tool, ...] = (),
) -> list[dict[str, Rating]]:
    """Ratings of each answer by aspect; every rating is a request of its own.

    Args:
        priority: the row's line: requests of earlier rows go out first.
        tools: the tools that the conversation offers.

    Raises:
        RowError: a request failed, or its answer holds no rating.
        SeapoError: nothing can be answered any more.
    """
    # What an answer's requests begin with is common to all its aspects.
    requests = [_request(messages, tools, answer, one) for answer in answers for one in aspects]
    asked = [gateway.complete(request, priority) for request in requests]
    # All of them, so that a batch holds them all.
    found = await asyncio.gather(*asked, return_exceptions=True)
    ratings = iter([_read(one) for one in found])
    return [{aspect: next(ratings) for aspect in aspects} for _ in answers]


def _request(
    messages: tuple[Message, ...], tools: tuple[Tool, ...], answer: str, aspect: str
) -> Request:
    content = template("judge/rate").substitute(
        conversation=conversation_text(messages, tools),
        response=answer,
        aspect=template(f"judge/aspects/{aspect}").template.strip(),
    )
    # The reason comes before the rating, which follows from it.
    rating = {"type": "integer", "enum": list(range(_LEAST, _MOST + 1))}
    return question(content, {"reason": {"type": "string"}, "rating": rating}, _MAX_TOKENS)


def _read(found: Completion | BaseException) -> Rating:
    if isinstance(found, BaseException):
        raise found
    return read_reply(Rating, found, "rating")
