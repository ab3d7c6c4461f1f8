"""The one way to a model: store, then the same request in flight, then a polite request.

What a caller sees of failures is simple: `RowError` when this request cannot be answered,
any other `SeapoError` when none can and the run has to stop.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from pydantic import ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from seapo_cli.backends.base import Backend, request_key
from seapo_cli.backends.thinking import nothing_but_thought
from seapo_cli.completions import Completion, Request, Usage
from seapo_cli.engine.budget import Budget
from seapo_cli.engine.limiter import Limiter
from seapo_cli.engine.pace import Pace
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import (
    AskOtherwise,
    BackendError,
    BackendFatal,
    Overloaded,
    RequestRefused,
    RowError,
    SeapoError,
    Transient,
    Unreachable,
)
from seapo_cli.options import EngineSettings

_HOPELESS = 20
"""This many consecutive failed requests, with no good answer in between, end the run."""
_NEVER_REACHED_SECONDS = 10.0
"""A server that never answered is given up on sooner: the address is probably wrong."""
_MOST_TURNED_AWAY = 50
"""How often one request may be turned away by an overloaded server that serves others."""

_LOOK_AGAIN_SECONDS = 0.05
"""How often to look for an answer that another run has requested."""


class Gateway:
    """Answers requests from the store or the backend; shared by all rows of a run."""

    def __init__(
        self, backend: Backend, store: Store | None, settings: EngineSettings, tally: Tally
    ) -> None:
        self.model = backend.model
        self.answers_later = backend.answers_later
        self._backend = backend
        self._store = store
        self._tally = tally
        self._settings = settings
        self.concurrency = settings.concurrency or backend.concurrency
        limited = settings.has_limit and not self.answers_later
        self._budget = Budget(settings, tally) if limited else None
        paced = (settings.rpm or settings.tpm) and not self.answers_later
        self._pace = Pace(settings.rpm, settings.tpm) if paced else None
        self._answers = 0
        self._limiter = Limiter(self.concurrency)
        self._in_flight: dict[bytes, asyncio.Future[Completion]] = {}
        self._health = _Health(settings.patience)

    async def complete(self, request: Request, priority: int) -> Completion:
        """Answer a request; identical ones are sent once, and those of the lowest `priority` first.

        Raises:
            RowError: it was refused, failed too often, or thinking left no room for an answer.
            SeapoError: nothing can be answered any more.
        """
        completion = await self._found(request_key(self._backend, request), request, priority)
        if not request.scored and (reason := nothing_but_thought(completion)):
            raise RowError(reason)
        return completion

    async def _found(self, key: bytes, request: Request, priority: int) -> Completion:
        if (known := await self._stored(key)) is not None:
            return known
        if (twin := self._in_flight.get(key)) is not None:
            self._tally.shared += 1
            return await asyncio.shield(twin)
        self._in_flight[key] = future = asyncio.get_running_loop().create_future()
        try:
            completion = await self._claimed(key, request, priority)
            future.set_result(completion)
            return completion
        except BaseException as error:
            future.set_exception(error) if isinstance(error, Exception) else future.cancel()
            if not future.cancelled():
                future.exception()  # nobody needs to wait for it
            raise
        finally:
            del self._in_flight[key]

    async def _stored(self, key: bytes) -> Completion | None:
        """The stored answer; a damaged one is requested again."""
        if self._store is None or (text := await self._store.get(key)) is None:
            return None
        try:
            known = Completion.model_validate_json(text)
        except ValidationError:
            return None
        self._tally.from_store += 1
        self._health.known()
        return known

    async def _claimed(self, key: bytes, request: Request, priority: int) -> Completion:
        """Answer a request, or wait for the answer to it from another run."""
        if self._store is None:
            return await self._answer(key, request, priority)
        claims, patience = self._store.claims, time.monotonic() + self._settings.patience
        while not claims.take(key):
            if time.monotonic() > patience:  # that run was suspended, perhaps
                return await self._answer(key, request, priority)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            if (known := await self._stored(key)) is not None:
                return known
        try:
            # The other run may have stored it between our look and our claim.
            if (known := await self._stored(key)) is not None:
                return known
            return await self._answer(key, request, priority)
        finally:
            claims.free(key)

    async def _answer(self, key: bytes, request: Request, priority: int) -> Completion:
        try:
            completion = await self._retried(key, request, priority)
        except (RequestRefused, Transient) as error:
            self._health.gave_up(error)
            raise RowError(str(error)) from None
        except BackendError as error:
            self._health.fatal = self._health.fatal or BackendFatal(str(error))
            raise self._health.fatal from None
        if reason := nothing_but_thought(completion):
            self._health.gave_up(RequestRefused(reason))
        else:
            self._health.succeeded()
        return completion

    async def _retried(self, key: bytes, request: Request, priority: int) -> Completion:
        try:
            return await self._admitted(key, request, priority)
        except Transient as failure:
            # Only now, as tenacity's objects (cycles, left to the garbage collector) would
            # delay every request of a fast run.
            return await self._again(key, request, priority, failure)

    async def _again(
        self, key: bytes, request: Request, priority: int, failure: Transient
    ) -> Completion:
        """Send again after a failure that may pass, with growing, random pauses."""
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(self._settings.retries + 1),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise failure
                self._tally.retries += 1
                return await self._admitted(key, request, priority)
        raise AssertionError("tenacity returns or raises")

    async def _admitted(self, key: bytes, request: Request, priority: int) -> Completion:
        """Send when the limiter has a place; queue again while the server is overloaded.

        Sent again at once, in another form, if the backend has learned how to ask.
        """
        spent = Usage()
        for _ in range(_MOST_TURNED_AWAY):
            await self._limiter.acquire(priority)
            try:
                if self._budget is None:
                    return await self._kept(key, request, spent)
                return await self._budget.spend(request, partial(self._kept, key, request, spent))
            except AskOtherwise as learnt:
                request = learnt.request
                spent += learnt.usage
                self._tally.usage += learnt.usage
            except (Overloaded, Unreachable) as error:
                self._health.failed(error)
                self._tally.retries += 1
            finally:
                self._limiter.release()
        raise Transient(f"turned away {_MOST_TURNED_AWAY} times by an overloaded server")

    async def _kept(self, key: bytes, request: Request, spent: Usage) -> Completion:
        """Send once, and store the answer; `spent` is what finding out how to ask has cost."""
        expected = await self._pace.wait(request) if self._pace else 0
        self._health.check()
        self._tally.requests_sent += 1
        completion = await self._sent(request)
        self._tally.usage += completion.usage
        self._answers += 1
        if self._pace:
            self._pace.used(expected, completion.usage)
        if spent != Usage():
            completion = completion.model_copy(update={"usage": completion.usage + spent})
        if self._store is not None:
            await self._store.put(key, completion.model_dump_json())
        return completion

    async def _sent(self, request: Request) -> Completion:
        """Send once, and inform the limiter how the server coped."""
        sent_at = asyncio.get_running_loop().time()
        try:
            completion = await self._backend.complete(request)
        except Overloaded as error:
            if (error.retry_after or 0) > self._settings.patience:
                raise BackendFatal(
                    f"{error}; the server asks to wait {error.retry_after:g} s, longer than "
                    "--patience: run the command again later to continue from here"
                ) from None
            self._limiter.slow_down(sent_at, error.retry_after)
            self._heed()
            raise
        except Unreachable:
            self._limiter.slow_down(sent_at, None)
            raise
        self._limiter.speed_up()
        self._heed()
        return completion

    def _heed(self) -> None:
        """Send no more than the server says, in the reply that just came, it will take.

        What it wants waited for longer than `--patience` is left to its refusals, which say why.
        """
        if (allowance := self._backend.allowance) is None:
            return
        usage = self._tally.usage
        mean = (usage.prompt_tokens + usage.completion_tokens) / max(1, self._answers)
        left = allowance.left(mean)
        if left is not None and left.reset <= self._settings.patience:
            self._limiter.heed(left.remaining, left.reset)


class _Health:
    """The circuit breaker: when to stop asking a server that does not answer."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._ever_succeeded = False
        self._answers_known = False
        self._trouble_since: float | None = None
        self._given_up = 0
        self.fatal: SeapoError | None = None

    def check(self) -> None:
        """Raise what ended the run, so that requests behind it are not sent."""
        if self.fatal:
            raise self.fatal

    def succeeded(self) -> None:
        self._ever_succeeded = True
        self._trouble_since = None
        self._given_up = 0

    def known(self) -> None:
        """The store had an answer: such requests have succeeded before."""
        self._answers_known = True
        self._given_up = 0

    def failed(self, error: BackendError) -> None:
        """A request got no answer because of the server's state."""
        now = time.monotonic()
        if self._trouble_since is None:
            self._trouble_since = now
        patience = self._patience
        if isinstance(error, Unreachable) and not self._ever_succeeded:
            patience = min(patience, _NEVER_REACHED_SECONDS)
        if now - self._trouble_since > patience:
            raise BackendFatal(f"{error}; given up after {patience:g} s without an answer")

    def gave_up(self, error: BackendError) -> None:
        """A request failed permanently; refused ones count only while nothing else was seen."""
        if isinstance(error, RequestRefused) and (self._ever_succeeded or self._answers_known):
            return
        self._given_up += 1
        if self._given_up >= _HOPELESS:
            self.fatal = BackendFatal(f"{_HOPELESS} requests failed in a row, the last: {error}")
