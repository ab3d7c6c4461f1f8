"""Requests to a model, and the completions that answer them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from seapo_cli.calls import Tool, ToolAnswer, ToolCall
from seapo_cli.messages import Message

RewardForm = Literal["pooling", "score"]
"""How a reward model is given an answer: vLLM's names of its two endpoints."""


class Usage(BaseModel):
    """Tokens of one request, or of all requests behind one row."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the server took from its prefix cache, where it reports them."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


class Sampling(BaseModel):
    """Decoding parameters; None leaves the choice to the server."""

    model_config = ConfigDict(frozen=True)

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Of the answer itself: the backend adds room to think where the model thinks."""
    seed: int | None = None
    stop: tuple[str, ...] | None = None


class LogProb(BaseModel):
    """How likely a model finds a text."""

    model_config = ConfigDict(frozen=True)

    sum: float
    """Natural logarithm of the probability of all tokens, one after the other."""
    tokens: int

    @property
    def mean(self) -> float:
        """Of a token; 0 of a text without any."""
        return self.sum / self.tokens if self.tokens else 0.0


class Completion(BaseModel):
    """A model's answer to one request."""

    model_config = ConfigDict(frozen=True)

    text: str
    """The answer, without what the model thought before it."""
    reasoning: str | None = None
    """What it thought, where the server reports it."""
    thought_tokens: int | None = None
    """How many of the completion tokens were thought; None where the server does not report it."""
    finish_reason: str | None = None
    """`stop`, `length` (cut by the token limit), `content_filter`, ... as the server reports it."""
    usage: Usage = Usage()
    prompt_logprobs: tuple[float, ...] | None = None
    """Log-probability of each prompt token but the first, where the request asked for them."""
    logprob: LogProb | None = None
    """Of the answer, where the request wanted it and the server gave it."""
    tool_calls: tuple[ToolCall, ...] = ()
    reward: float | None = None
    """A reward model's, where the request wanted it."""

    @property
    def answer(self) -> str:
        """The text with the calls, if it has any."""
        return ToolAnswer(self.text, self.tool_calls) if self.tool_calls else self.text


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a model: all that decides its answer."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer must follow; None for free text."""
    index: int = 0
    """Which of several answers to the same messages and parameters this one is."""
    scored: bool = False
    """Wants the log-probabilities of the messages, the last of which is an open assistant turn."""
    logprobs: bool = False
    """Whether the answer's log-probability is wanted."""
    room: int | None = None
    """Tokens to think beyond `sampling.max_tokens`; None leaves it to the backend. Not part of
    what is asked for, and so not of the store's key."""
    prefill: bool = False
    """The last message is an open assistant turn, which the answer continues."""
    tools: tuple[Tool, ...] = ()
    """What the model may call."""
    reward: RewardForm | None = None
    """Wants one number from a reward model, for the last message as an answer to the others:
    put through its chat template (`pooling`), or as a pair of texts (`score`)."""
