"""`sample`: answers to prompts."""

from __future__ import annotations

import asyncio
from typing import Any

from seapo_cli.calls import dump_answer
from seapo_cli.completions import Completion, Request, Sampling
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.options import SampleSettings
from seapo_cli.rows import Row, SampleInfo


class Sample(Stage):
    """Requests `n` answers to each row's prompt; each becomes a row of its own.

    Answer i of n is requested with seed + i, so asking for more later keeps the first ones.
    A `response` that the row already had moves to `reference`.
    """

    name = "sample"

    def __init__(self, settings: SampleSettings) -> None:
        self._settings = settings

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Answer one row."""
        assert model is not None
        asks = [self._ask(row, index, model) for index in range(self._settings.n)]
        # One answer needs no task of its own: that alone takes 3% of the CPU time of a request.
        asked = [await asks[0]] if len(asks) == 1 else await asyncio.gather(*asks)
        rows = [found for found in asked if isinstance(found, dict)]
        return Outcome(rows, [found for found in asked if isinstance(found, Failure)])

    async def _ask(self, row: Row, index: int, gateway: Gateway) -> dict[str, Any] | Failure:
        settings = self._settings
        request = Request(
            messages=self._messages(row),
            sampling=self._sampling(index),
            index=index,
            logprobs=settings.logprobs,
            tools=row.tools,
        )
        try:
            completion = await gateway.complete(request, row.line)
        except RowError as error:
            return Failure.of(error)
        if reason := unusable(completion, settings.max_tokens, settings.truncated == "keep"):
            return Failure(reason)
        added = answered(completion, gateway.model, request)
        if row.response is not None and "reference" not in row.data:
            added = {"reference": dump_answer(row.response), **added}
        return row.extended(**added)

    def _sampling(self, index: int) -> Sampling:
        settings = self._settings
        return Sampling(
            temperature=settings.temperature,
            top_p=settings.top_p,
            max_tokens=settings.max_tokens,
            seed=settings.seed + index,
            stop=settings.stop or None,
        )

    def _messages(self, row: Row) -> tuple[Message, ...]:
        """The row's turns, preceded by `--system` if they have no system turn."""
        messages = row.messages
        if self._settings.system is None or messages[0].role in ("system", "developer"):
            return messages
        return (Message(role="system", content=self._settings.system), *messages)


def unusable(completion: Completion, max_tokens: int, keep_truncated: bool) -> str | None:
    """Why an answer cannot be a `response`; None if it can."""
    if not completion.answer.strip():
        return f"the model's answer is empty (finish_reason: {completion.finish_reason})"
    if completion.finish_reason == "length" and not keep_truncated:
        return (
            f"the answer was cut at {max_tokens} tokens (finish_reason: length): raise --max-tokens"
        )
    return None


def answered(completion: Completion, model: str, request: Request) -> dict[str, Any]:
    """The keys that an answer adds to a row."""
    info = SampleInfo(
        model=model,
        parameters=request.sampling,
        index=request.index,
        finish_reason=completion.finish_reason,
        truncated=completion.finish_reason == "length",
        usage=completion.usage,
        logprob=completion.logprob,
        reasoning=completion.reasoning,
    )
    return {"response": dump_answer(completion.answer), "sample": dump(info)}


def dump(info: Any) -> dict[str, Any]:
    """A record as plain JSON values.

    Without `cached_tokens`: they depend on the server's other work, and the same command
    must write the same bytes again.
    """
    found: dict[str, Any] = info.model_dump(
        mode="json", exclude={"usage": {"cached_tokens"}}, exclude_none=True
    )
    return found
