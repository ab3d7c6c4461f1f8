"""Models that think before they answer: their thoughts split off, and room left for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seapo_cli.completions import Completion, Request
from seapo_cli.text.safe import tell

_ROOM, GROWN = 4096, 16384
"""Tokens to think in; those of the one further request where they were not enough."""
_LEAST_ROOM = 256
_NAMES = re.compile(
    r"(?:^|[/:])(?:o\d|gpt-5|gpt-oss|qwq|magistral|deepseek-r)|think|reason", re.IGNORECASE
)
"""Names of models that think, so that the first requests need not find out."""
_OPENED = re.compile(r"\s*(?:<think>(.*?)</think>|\[THINK\](.*?)\[/THINK\])", re.DOTALL)
_UNCLOSED = re.compile(r"\s*(?:<think>|\[THINK\])(.*)", re.DOTALL)
_ENDS = ("</think>", "[/THINK]")


def split(text: str) -> tuple[str | None, str]:
    """What a model thought, if it did, and its answer.

    Thoughts that never end (the token limit came first) leave an empty answer. Where the chat
    template has opened them, only their end is in the text.
    """
    if found := _OPENED.match(text) or _UNCLOSED.match(text):
        thought = next(part for part in found.groups() if part is not None)
        return thought.strip() or None, text[found.end() :].lstrip()
    for end in _ENDS:
        thought, closed, answer = text.partition(end)
        if closed:
            return thought.strip() or None, answer.lstrip()
    return None, text


def ends_thought(token: str) -> bool:
    """Whether a token is the end of the thoughts in a text: models have one of their own."""
    return token.strip() in _ENDS


def nothing_but_thought(completion: Completion) -> str | None:
    """Why a completion that was cut before its answer began is of no use; None for others.

    The same request would end the same way, so it must not be paid for again.
    """
    if completion.finish_reason != "length" or completion.answer.strip():
        return None
    spent = completion.usage.completion_tokens
    return (
        f"no answer (finish_reason: length): the model spent all its {spent:,} tokens thinking; "
        "shorten that with --reasoning-effort low, or allow more with --extra-body max_tokens=N"
    )


class Room:
    """How many tokens a model may think; learnt from its answers where its name does not tell."""

    def __init__(self, model: str, extra: Mapping[str, Any]) -> None:
        self._model = model
        effort = extra.get("reasoning_effort")
        thinks = bool(_NAMES.search(model)) if effort is None else effort != "none"
        self._room = _ROOM if thinks else 0
        self._fixed = bool(extra.keys() & {"max_tokens", "max_completion_tokens"})

    def limit(self, request: Request) -> int | None:
        """The token limit to send; None where none is wanted."""
        most = request.sampling.max_tokens
        return None if most is None else most + self._of(request)

    def _of(self, request: Request) -> int:
        return self._room if request.room is None else request.room

    def grown(self, request: Request, completion: Completion) -> Request | None:
        """The request with more room, where thinking left too little of it; once.

        Also notes that the model thinks.
        """
        thought = bool(completion.thought_tokens or completion.reasoning)
        if thought and not self._room:
            self._room = _ROOM
            tell(f"seapo: {self._model} thinks first: it gets {_ROOM:,} more tokens for that")
        most = request.sampling.max_tokens
        if completion.finish_reason != "length" or request.scored or most is None:
            return None
        cut_by_thought = thought and _visible_tokens(completion) < most
        if completion.text.strip() and not cut_by_thought:
            return None
        may_grow = request.room is None and not self._fixed
        return replace(request, room=GROWN) if may_grow else None

    def smaller(self, request: Request) -> Request | None:
        """The request with less room, for a server whose context has not as much."""
        room = self._of(request)
        if not room or request.sampling.max_tokens is None or self._fixed:
            return None
        less = room // 4
        return replace(request, room=less if less >= _LEAST_ROOM else 0)


def _visible_tokens(completion: Completion) -> float:
    """Tokens of the answer itself, by its share of the characters where nobody counted."""
    tokens = completion.usage.completion_tokens
    if completion.thought_tokens is not None:
        return tokens - completion.thought_tokens
    seen, thought = len(completion.text), len(completion.reasoning or "")
    return tokens * seen / max(1, seen + thought)
