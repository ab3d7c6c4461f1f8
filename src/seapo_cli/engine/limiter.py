"""How many requests are open at once, adapted to the server's load."""

from __future__ import annotations

import asyncio
import random
from heapq import heappop, heappush
from itertools import count

_FIRST_PAUSE = 0.25
_MOST_DOUBLINGS = 6
_TRUSTED_PAUSE = 1.0
"""Seconds from which on the server's Retry-After is trusted; some always say 0."""


class Limiter:
    """Earlier rows first; fewer slots when the server asks to slow down, then more again.

    Additive increase, multiplicative decrease, as in TCP: half the slots after each round of
    429/503, one more after each round of good answers.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._open = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._paused_until = 0.0
        self._decreased_at = 0.0
        self._rounds_refused = 0
        self._allowed: int | None = None
        """Requests that the server still takes, those among them that are open now."""
        self._allowed_until = 0.0

    async def acquire(self, priority: int) -> None:
        """Wait for a slot; the lowest `priority` is next, first come first served among equals."""
        if not self._waiting and self._has_place():
            self._open += 1
            return
        place = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (priority, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Release a slot.

        It is assigned a moment later: whoever held it may ask for the next one at once, and
        a row's next request finds its prompt in the server's prefix cache only if no other
        row's comes in between.
        """
        self._open -= 1
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._admit)

    def speed_up(self) -> None:
        """A good answer arrived."""
        self._rounds_refused = 0
        self._limit = min(self._most, self._limit + 1 / self._limit)

    def slow_down(self, sent_at: float, pause: float | None) -> None:
        """The server was overloaded by a request sent at `sent_at`; wait `pause` seconds.

        Without a pause from the server, or with next to none, each further round of refusals
        doubles ours. Requests that were open together count as one round.
        """
        now = asyncio.get_running_loop().time()
        if sent_at >= self._decreased_at:
            self._decreased_at = now
            self._limit = max(1.0, self._limit / 2)
            if pause is None or pause < _TRUSTED_PAUSE:
                ours = _FIRST_PAUSE * 2**self._rounds_refused * random.uniform(0.5, 1.0)
                pause = max(ours, pause or 0.0)
            self._rounds_refused = min(self._rounds_refused + 1, _MOST_DOUBLINGS)
        if pause is not None:
            self._paused_until = max(self._paused_until, now + pause)
            asyncio.get_running_loop().call_at(now + pause, self._resume, now + pause)

    def heed(self, allowed: int, reset: float) -> None:
        """The server takes so many more requests, and all again in `reset` seconds.

        Those that are open may or may not have been counted: they are taken for not counted.
        """
        loop = asyncio.get_running_loop()
        if self._allowed is None:
            loop.call_at(loop.time() + reset, self._all_again)
        self._allowed, self._allowed_until = allowed, loop.time() + reset

    def _all_again(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._allowed_until:  # a later reply said otherwise
            loop.call_at(self._allowed_until, self._all_again)
            return
        self._allowed = None
        self._admit()

    def _is_used_up(self) -> bool:
        return self._allowed is not None and self._open >= self._allowed

    def _resume(self, moment: float) -> None:
        if moment >= self._paused_until:  # else a later pause took over
            self._paused_until = 0.0
            self._admit()

    def _has_place(self) -> bool:
        free = not self._paused_until and self._open < int(self._limit)
        return free and not self._is_used_up()

    def _admit(self) -> None:
        while self._waiting and self._has_place():
            *_, place = heappop(self._waiting)
            if not place.done():
                self._open += 1
                place.set_result(None)
