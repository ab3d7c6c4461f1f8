"""How many requests are open at once, as the server bears it."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from types import TracebackType

_FIRST_PAUSE = 0.25
_MOST_DOUBLINGS = 6


class Limiter:
    """First come, first served; fewer places when the server asks to slow down, then more again.

    Additive increase, multiplicative decrease, as in TCP: half the places for each round of
    429/503, one more for each round of good answers. A place is taken with `async with`.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._decreased_at = 0.0
        self._rounds_refused = 0

    async def __aenter__(self) -> None:
        if self._waiting or not self._has_place():
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        else:
            self._open += 1

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def speed_up(self) -> None:
        """A good answer came."""
        self._rounds_refused = 0
        self._limit = min(self._most, self._limit + 1 / self._limit)

    def slow_down(self, sent_at: float, pause: float | None) -> None:
        """The server was overloaded by a request sent at `sent_at`; wait `pause` seconds.

        Without a pause from the server, each further round of refusals doubles ours. Requests
        that were open together count as one round.
        """
        now = asyncio.get_running_loop().time()
        if sent_at >= self._decreased_at:
            self._decreased_at = now
            self._limit = max(1.0, self._limit / 2)
            if pause is None:
                pause = _FIRST_PAUSE * 2**self._rounds_refused * random.uniform(0.5, 1.0)
            self._rounds_refused = min(self._rounds_refused + 1, _MOST_DOUBLINGS)
        if pause is not None:
            self._paused_until = max(self._paused_until, now + pause)
            asyncio.get_running_loop().call_at(now + pause, self._resume, now + pause)

    def _resume(self, moment: float) -> None:
        if moment >= self._paused_until:  # else a later pause took over
            self._paused_until = 0.0
            self._admit()

    def _has_place(self) -> bool:
        return not self._paused_until and self._open < int(self._limit)

    def _leave(self) -> None:
        self._open -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._has_place():
            turn = self._waiting.popleft()
            if not turn.done():
                self._open += 1
                turn.set_result(None)
