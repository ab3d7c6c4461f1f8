"""Blocking calls beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class DaemonThread:
    """One thread for calls that may block: reading stdin, writing to a slow pipe.

    asyncio's own executor waits for its threads at exit, so Ctrl-C would hang until somebody
    typed a line; a daemon thread is simply left behind.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = False

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run `function(*args)` in the thread, after the calls before it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            try:
                settle, outcome = future.set_result, function(*args)
            except BaseException as error:
                settle, outcome = future.set_exception, error  # type: ignore[assignment]
            loop.call_soon_threadsafe(_unless_cancelled, future, settle, outcome)

        if not self._started:
            self._started = True
            threading.Thread(target=self._work, daemon=True).start()
        self._jobs.put(job)
        return await future

    def close(self) -> None:
        """End the thread after the calls so far; a process of many runs must not gather them."""
        self._jobs.put(None)

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                job()
        except RuntimeError:  # the loop is closed: nobody waits for this thread any more
            return


def _unless_cancelled(future: asyncio.Future[T], settle: Callable[[Any], None], value: Any) -> None:
    if not future.done():
        settle(value)
