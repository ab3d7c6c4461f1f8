"""An asynchronous, ordered and bounded map over rows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def ordered_map(
    source: AsyncIterator[Sequence[T]], work: Callable[[T], Awaitable[R]], window: int
) -> AsyncGenerator[list[R]]:
    """Results of `work` in the order of `source`, in lists of those ready at the same time.

    At most `window` items are between being read and having their result yielded, so a
    slow item holds up only so many others, and memory does not grow with the input. The
    first exception, from `source` or `work`, is raised at its place in the order and cancels
    the rest.
    """
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(window)
    open_items: deque[asyncio.Future[R]] = deque()
    news = asyncio.Event()

    async def feed() -> None:
        async for items in source:
            for item in items:
                await places.acquire()
                open_items.append(asyncio.ensure_future(work(item)))
                news.set()

    feeder = loop.create_task(feed())
    feeder.add_done_callback(lambda _: news.set())
    try:
        while True:
            if open_items:
                ready = [await open_items[0]]
                open_items.popleft()
                while open_items and open_items[0].done() and not open_items[0].exception():
                    ready.append(open_items.popleft().result())
                for _ in ready:
                    places.release()
                yield ready
            elif feeder.done():
                feeder.result()
                return
            else:
                news.clear()
                await news.wait()
    finally:
        left: list[asyncio.Future[Any]] = [feeder, *open_items]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
