"""How many requests are open, and whose turn is next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from seapo_cli.engine.limiter import Limiter
from seapo_cli.engine.ordered import ordered_map


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


def test_the_lowest_turn_is_next() -> None:
    async def work() -> None:
        limiter, order = Limiter(1), []

        async def take(turn: int) -> None:
            await limiter.acquire(turn)
            order.append(turn)
            limiter.release()

        await limiter.acquire(0)
        waiting = [asyncio.ensure_future(take(turn)) for turn in (3, 1, 2, 1)]
        await asyncio.sleep(0)
        limiter.release()
        await asyncio.gather(*waiting)
        assert order == [1, 1, 2, 3]

    run(work())


def test_who_gives_up_waiting_takes_no_place() -> None:
    async def work() -> None:
        limiter = Limiter(1)
        await limiter.acquire(0)
        gone = asyncio.ensure_future(limiter.acquire(1))
        await asyncio.sleep(0)
        gone.cancel()
        limiter.release()
        await limiter.acquire(2)

    run(work())


def test_half_the_places_for_a_round_of_refusals_then_more_again() -> None:
    async def work() -> None:
        limiter = Limiter(8)
        sent_at = asyncio.get_running_loop().time()
        for _ in range(8):  # they were open together: one round
            limiter.slow_down(sent_at, 0.01)
        await asyncio.sleep(0.05)
        for _ in range(4):
            await limiter.acquire(0)
        fifth = asyncio.ensure_future(limiter.acquire(0))
        await asyncio.sleep(0.01)
        assert not fifth.done()
        for _ in range(8):
            limiter.speed_up()
        limiter.release()
        await fifth
        await limiter.acquire(0)

    run(work())


def test_nothing_goes_out_during_a_pause() -> None:
    async def work() -> None:
        limiter, loop = Limiter(4), asyncio.get_running_loop()
        begun = loop.time()
        limiter.slow_down(begun, 0.1)
        limiter.slow_down(begun, 0.2)
        await limiter.acquire(0)
        assert loop.time() - begun >= 0.2

    run(work())


def test_results_come_in_order_and_the_first_error_at_its_place() -> None:
    async def work() -> None:
        async def source() -> Any:
            yield [3, 1, 2]
            yield [0]

        async def slow(value: int) -> int:
            await asyncio.sleep(value / 100)
            if value == 0:
                raise ValueError("the last one")
            return value

        found: list[int] = []
        with pytest.raises(ValueError, match="the last one"):  # noqa: PT012
            async for batch in ordered_map(source(), slow, 4):
                found += batch
        assert found == [3, 1, 2]

    run(work())


def test_a_pause_next_to_nothing_is_not_taken_at_its_word() -> None:
    async def work() -> None:
        limiter, loop = Limiter(1), asyncio.get_running_loop()
        begun = loop.time()
        for _ in range(3):
            limiter.slow_down(loop.time(), 0.0)
            await limiter.acquire(0)
            limiter.release()
        assert loop.time() - begun > 0.8

    run(work())


def test_no_more_go_out_than_the_server_says_it_takes() -> None:
    async def work() -> None:
        limiter, loop = Limiter(8), asyncio.get_running_loop()
        await limiter.acquire(0)
        begun = loop.time()
        limiter.heed(2, 0.2)
        await limiter.acquire(0)  # the second one
        third = asyncio.ensure_future(limiter.acquire(0))
        await asyncio.sleep(0.05)
        assert not third.done()
        await third
        assert loop.time() - begun >= 0.2

    run(work())


def test_the_latest_word_of_the_server_counts() -> None:
    async def work() -> None:
        limiter, loop = Limiter(8), asyncio.get_running_loop()
        begun = loop.time()
        limiter.heed(0, 0.05)
        limiter.heed(0, 0.3)
        await limiter.acquire(0)
        assert loop.time() - begun >= 0.3
        limiter.heed(0, 1000)
        waiting = asyncio.ensure_future(limiter.acquire(0))
        await asyncio.sleep(0)
        limiter.heed(5, 1000)
        limiter.release()
        await waiting

    run(work())
