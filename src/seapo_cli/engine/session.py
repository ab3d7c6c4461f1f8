"""What a run holds open: the backend, the store, and the gateway between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from seapo_cli.backends import connect
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.settings import BackendSettings, EngineSettings


@asynccontextmanager
async def open_gateway(
    backend: BackendSettings, engine: EngineSettings, tally: Tally
) -> AsyncIterator[Gateway]:
    """A gateway, closed with all behind it when the block ends.

    Raises:
        SeapoError: the backend cannot be connected, or the store not opened.
    """
    async with AsyncExitStack() as stack:
        connected = await connect(backend)
        stack.push_async_callback(connected.close)
        store = stack.enter_context(Store(engine.store)) if engine.store else None
        yield Gateway(connected, store, engine, tally)
