"""`inject`: typed negatives. Each is the row's good answer with one kind of mistake put in."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.pipeline import Failure, Outcome
from seapo_cli.errors import RowError, UsageError
from seapo_cli.prompts import ErrorType, load_error_type, template_hash
from seapo_cli.records import ErrorInfo, Request, Row, Sampling, Usage
from seapo_cli.settings import InjectSettings
from seapo_cli.stages.errors import MODES
from seapo_cli.stages.errors.base import Injection, Steps, Task
from seapo_cli.stages.errors.kinds import check_places
from seapo_cli.stages.sample import answered, dump, unusable


class Inject:
    """Makes one negative per row and error type, or per row of a type drawn by weight.

    A row without a `response` is answered first, by the same model.
    """

    name = "inject"

    def __init__(self, settings: InjectSettings) -> None:
        self._settings = settings
        self._types = _load(settings.error_types or tuple(settings.mix))
        self._weights = tuple(settings.mix.values())
        self._steps = MODES[settings.mode]
        self.templates = {kind.name: template_hash(kind, settings.mode) for kind in self._types}

    async def process(self, row: Row, gateway: Gateway) -> Outcome:
        """Make the negatives of one row.

        One type after the other, and before those of later rows: so a request follows the one
        it shares its prompt's beginning with, and finds it in the server's prefix cache.
        """
        added: dict[str, Any] = {}
        if row.response is None:
            try:
                row, added = await self._answer(row, gateway)
            except RowError as error:
                return Outcome(failures=[Failure.of(error, about="answering the prompt first: ")])
        rows, failures = [], []
        for error_type in self._types_of(row):
            try:
                rows.append(await self._inject(row, error_type, added, gateway))
            except RowError as error:
                failures.append(Failure.of(error, error_type.name))
        return Outcome(rows, failures)

    async def _answer(self, row: Row, gateway: Gateway) -> tuple[Row, dict[str, Any]]:
        limit = self._settings.max_tokens
        sampling = Sampling(max_tokens=limit, seed=self._settings.seed)
        request = Request(messages=row.messages, sampling=sampling)
        completion = await gateway.complete(request, row.line)
        if reason := unusable(completion, limit, keep_truncated=False):
            raise RowError(reason)
        added = answered(completion, gateway.model, request)
        return replace(row, response=completion.text), added

    def _types_of(self, row: Row) -> Sequence[ErrorType]:
        if not self._weights:
            return self._types
        draw = random.Random(self._seed(row, "mix"))
        return draw.choices(self._types, self._weights)

    def _seed(self, row: Row, purpose: str) -> int:
        """A seed that depends on the row's content alone, so other rows may come and go."""
        prompt = [[message.role, message.content] for message in row.messages]
        text = orjson.dumps([self._settings.seed, purpose, prompt, row.response])
        return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big") >> 1

    async def _inject(
        self, row: Row, error_type: ErrorType, added: dict[str, Any], gateway: Gateway
    ) -> dict[str, Any]:
        settings = self._settings
        assert row.response is not None
        task = Task(
            messages=row.messages,
            response=row.response,
            error_type=error_type,
            edits=settings.edits,
            severity=settings.severity,
            own_words=settings.fill == "own" or (settings.fill == "auto" and gateway.writes_well),
            seed=self._seed(row, error_type.name),
            attempts=settings.attempts,
        )
        injection, attempts, usage = await _drive(self._steps(task), gateway, row.line)
        info = ErrorInfo(
            type=error_type.name,
            traits=error_type.traits,
            mode=settings.mode,
            edits=injection.edits,
            model=gateway.model,
            template=f"{settings.mode}/{error_type.name}",
            template_hash=self.templates[error_type.name],
            attempts=attempts,
            finish_reason=injection.finish_reason,
            usage=usage,
        )
        return row.extended(**added, negative=injection.negative, error=dump(info))


def _load(names: Sequence[str]) -> tuple[ErrorType, ...]:
    types = tuple(load_error_type(name) for name in names)
    seen: set[str] = set()
    for error_type in types:
        check_places(error_type)
        if error_type.name in seen:
            raise UsageError(f"error type {error_type.name!r} is named twice")
        seen.add(error_type.name)
    return types


async def _drive(steps: Steps, gateway: Gateway, turn: int) -> tuple[Injection, int, Usage]:
    """Answer a mode's requests until it returns; also the number of attempts and their cost.

    Raises:
        RowError: the mode gave up, or a request failed.
    """
    attempts, usage = 0, Usage()
    request = next(steps)
    while True:
        completion = await gateway.complete(request, turn)
        attempts += 1
        usage += completion.usage
        try:
            request = steps.send(completion)
        except StopIteration as done:
            return done.value, attempts, usage
