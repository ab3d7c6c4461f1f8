"""A line on stderr while a model loads, where that takes more than a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from seapo_cli.text.safe import tell

T = TypeVar("T")
_SECONDS_OF_SILENCE = 1.0


async def announced(model: str, loading: Awaitable[T]) -> T:
    """Wait for a model to load, with a line on stderr where it takes more than a moment."""
    task = asyncio.ensure_future(loading)
    timer = asyncio.get_running_loop().call_later(
        _SECONDS_OF_SILENCE, tell, f"seapo: loading {model} ..."
    )
    try:
        return await task
    finally:
        timer.cancel()
