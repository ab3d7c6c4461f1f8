"""`--rpm` and `--tpm`: requests go out evenly, so many of them or of their tokens a minute."""

from __future__ import annotations

import asyncio

from seapo_cli.completions import Request, Usage
from seapo_cli.engine.budget import estimated_prompt_tokens

_MINUTE = 60.0


class Pace:
    """Gives each request its moment.

    A request's tokens are estimated (its prompt, and the mean answer so far; before there is one,
    its limit); what it used in fact moves the moments of later ones.
    """

    def __init__(self, rpm: int | None, tpm: int | None) -> None:
        self._each = _MINUTE / rpm if rpm else 0.0
        self._token = _MINUTE / tpm if tpm else 0.0
        self._next_request = self._next_token = 0.0
        self._answers = self._tokens = 0

    async def wait(self, request: Request) -> int:
        """Wait for a request's moment; returns its estimated tokens, for `used`."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_request, self._next_token)
        expected = self._expected(request)
        self._next_request = at + self._each
        self._next_token = at + expected * self._token
        if at > now:
            await asyncio.sleep(at - now)
        return expected

    def used(self, expected: int, usage: Usage) -> None:
        """An answer came: it used so many tokens, where so many had been expected."""
        self._answers += 1
        self._tokens += usage.completion_tokens
        whole = usage.prompt_tokens + usage.completion_tokens
        self._next_token += (whole - expected) * self._token

    def _expected(self, request: Request) -> int:
        answer = request.sampling.max_tokens or 0
        if self._answers:
            answer = self._tokens // self._answers
        return estimated_prompt_tokens(request) + answer
