"""Drives a mode's generator with planned answers, as the stage would with a model's."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.completions import Completion, Request
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.error_types import ErrorType, load_error_type

Answer = Callable[[Request], Completion]


def task(response: str, error_type: str | ErrorType = "factual", **fields: Any) -> Task:
    """A task about an answer."""
    kind = load_error_type(error_type) if isinstance(error_type, str) else error_type
    messages = (Message(role="user", content=fields.pop("prompt", "Tell me about it.")),)
    return Task(messages=messages, response=response, error_type=kind, **fields)


@dataclass
class Run:
    """What came of one generator: its result, and the requests it made."""

    injection: Injection
    requests: list[Request] = field(default_factory=list)


def drive(steps: Steps, answer: Answer) -> Run:
    """Answer a mode's requests until it returns."""
    requests = []
    request = next(steps)
    while True:
        requests.append(request)
        try:
            request = steps.send(answer(request))
        except StopIteration as done:
            return Run(done.value, requests)


def says(*texts: str, finish_reason: str = "stop") -> Answer:
    """A model that says these one after the other, and then the last one for ever."""
    left = list(texts)
    return lambda _: Completion(
        text=left.pop(0) if len(left) > 1 else left[0], finish_reason=finish_reason
    )


def offered(request: Request) -> list[str]:
    """The values that a request's schema allows."""
    assert request.schema is not None
    values: list[str] = request.schema["properties"]["edit"]["enum"]
    return values


def chooser(seed: int = 0) -> Answer:
    """A model that takes a value at random."""
    rng = random.Random(seed)

    def answer(request: Request) -> Completion:
        return Completion(text=edit(rng.choice(offered(request))), finish_reason="stop")

    return answer


def first(request: Request) -> Completion:
    """A model that takes the first value, as small ones do."""
    return Completion(text=edit(offered(request)[0]), finish_reason="stop")


def edit(text: str) -> str:
    """An answer of menu mode."""
    return json.dumps({"edit": text}, ensure_ascii=False)


def proposal(*edits: tuple[str, str], decline: str = "", note: str = "what is wrong") -> str:
    """An answer of propose mode."""
    found = [{"quote": quote, "replacement": new} for quote, new in edits]
    return json.dumps({"decline": decline, "mistake": note, "edits": found}, ensure_ascii=False)


def spans(requests: Sequence[Request]) -> list[str]:
    """The prompts of some requests."""
    return [request.messages[-1].content for request in requests]
