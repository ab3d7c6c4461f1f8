"""What a run holds open to ask a model: the backend, the store and the gateway between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
)
from tenacity.wait import wait_random_exponential

from seapo_cli.backends import connect
from seapo_cli.backends.base import Backend
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.pipeline import results
from seapo_cli.engine.stage import Result, Stage
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import Overloaded, Transient, Unreachable, UsageError
from seapo_cli.io.jsonl import Line
from seapo_cli.options import BackendSettings, EngineSettings
from seapo_cli.rows import Keys

_SECONDS_TO_CONNECT = 10.0


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model a stage asks, and how."""

    backend: BackendSettings
    engine: EngineSettings
    connected: Backend | None = None
    """The backend, if it is already open and stays open."""

    def __post_init__(self) -> None:
        """Check that the options go together, before any file is opened.

        Raises:
            UsageError: they do not.
        """
        if not self.backend.is_batch or self.connected:
            return
        if self.backend.model is None:
            raise UsageError("name the model of the batch with --model")
        if self.engine.store is None:
            raise UsageError("--no-store: the answers of batches are kept in the store")
        if self.engine.has_limit:
            raise UsageError(
                "--max-cost and --max-tokens-total: not with --batch-out or --batch-in, which "
                "send nothing"
            )


def new_tally(model: ModelUse | None) -> Tally:
    """A tally for a run, with the prices of its model."""
    return Tally(model.engine.price_in, model.engine.price_out) if model else Tally()


@asynccontextmanager
async def open_results(
    stage: Stage, lines: Iterator[list[Line]], keys: Keys, model: ModelUse | None, tally: Tally
) -> AsyncIterator[AsyncIterator[list[Result]]]:
    """Results of a stage, with the model that it asks; closed when the block ends.

    Raises:
        SeapoError: the backend cannot be connected, or the store not opened.
    """
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(model, tally)) if model else None
        stack.callback(stage.close)
        yield await stack.enter_async_context(aclosing(results(lines, stage, keys, gateway)))


@asynccontextmanager
async def open_gateway(model: ModelUse, tally: Tally) -> AsyncIterator[Gateway]:
    """A gateway; when the block ends it is closed, with everything behind it that it opened.

    Raises:
        SeapoError: the backend cannot be connected, or the store not opened.
    """
    async with AsyncExitStack() as stack:
        backend, engine = model.connected, model.engine
        if backend is None:
            backend = await _connected(model)
            stack.push_async_callback(backend.close)
        store = stack.enter_context(Store(engine.store)) if engine.store else None
        await backend.prepare(store.put if store else None)
        yield Gateway(backend, store, engine, tally)
        backend.finish()


async def _connected(model: ModelUse) -> Backend:
    """Connect, with patience for a server that is busy or not up yet."""
    patience = min(model.engine.patience, _SECONDS_TO_CONNECT)
    attempts = AsyncRetrying(
        retry=retry_if_exception_type((Overloaded, Transient, Unreachable)),
        stop=stop_after_delay(patience) | stop_after_attempt(model.engine.retries + 1),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        reraise=True,
    )
    found: Backend = await attempts(connect, model.backend)
    return found
