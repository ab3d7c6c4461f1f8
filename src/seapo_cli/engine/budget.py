"""What a run may spend: requests that could exceed it wait, and end the run once it is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from seapo_cli.completions import Completion, Request, Usage
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import BudgetSpent
from seapo_cli.options import EngineSettings

_BYTES_PER_TOKEN = 4
"""Of prompts, roughly: nobody but the server knows its tokenizer."""


def estimated_prompt_tokens(request: Request) -> int:
    """Tokens of a request's messages and tools: a quarter of their UTF-8 bytes."""
    size = sum(len(message.content.encode()) for message in request.messages)
    size += sum(len(str(tool).encode()) for tool in request.tools)
    return -(-size // _BYTES_PER_TOKEN)


class Budget:
    """Admits requests as long as what they may cost is left.

    An open request counts with its estimated prompt and the longest answer so far; before there
    is one, with its token limit. One at least is open until all is spent, so a run exceeds its
    budget by about one answer at most.
    """

    def __init__(self, settings: EngineSettings, tally: Tally) -> None:
        self._settings = settings
        self._tally = tally
        self._open = 0
        self._reserved = Usage()
        self._longest = 0
        self._news = asyncio.Condition()

    async def spend(
        self, request: Request, send: Callable[[], Awaitable[Completion]]
    ) -> Completion:
        """Send a request once it fits; `send` counts in the tally what it used.

        Raises:
            BudgetSpent: all is spent, and every open request has its answer.
        """
        reserved = await self._take(request)
        try:
            completion = await send()
            self._longest = max(self._longest, completion.usage.completion_tokens)
            return completion
        finally:
            await self._free(reserved)

    async def _take(self, request: Request) -> Usage:
        """Wait until a request fits; returns what it reserves."""
        async with self._news:
            while True:
                reserved = self._expected(request)
                if option := self._reached(Usage()):
                    if not self._open:  # else what is being answered would be lost
                        raise BudgetSpent(self._message(option))
                elif not self._open or not self._reached(self._reserved + reserved):
                    self._open += 1
                    self._reserved += reserved
                    return reserved
                await self._news.wait()

    async def _free(self, reserved: Usage) -> None:
        async with self._news:
            self._open -= 1
            held = self._reserved
            self._reserved = Usage(
                prompt_tokens=held.prompt_tokens - reserved.prompt_tokens,
                completion_tokens=held.completion_tokens - reserved.completion_tokens,
            )
            self._news.notify_all()

    def _expected(self, request: Request) -> Usage:
        most = request.sampling.max_tokens or 0
        return Usage(
            prompt_tokens=estimated_prompt_tokens(request),
            completion_tokens=self._longest or most,
        )

    def _reached(self, more: Usage) -> str | None:
        """The option that would be reached with `more` than the tally; None where none would."""
        settings, usage = self._settings, self._tally.usage + more
        most, cost = settings.max_cost, self._tally.cost_of(usage)
        if most is not None and cost is not None and cost >= most:
            return f"--max-cost {most:g}"
        total = settings.max_tokens_total
        if total is not None and usage.prompt_tokens + usage.completion_tokens >= total:
            return f"--max-tokens-total {total}"
        return None

    def _message(self, option: str) -> str:
        usage, cost = self._tally.usage, self._tally.cost
        spent = f"{usage.prompt_tokens:,} prompt and {usage.completion_tokens:,} completion tokens"
        if cost is not None:
            spent = f"{cost:,.4f}, {spent}"
        on = "every answer is stored, and the same command goes on, with a budget of its own"
        if self._settings.store is None:
            on = "without a store, the same command asks all again"
        return f"stopped at {option}: spent {spent}; {on}"
