"""`inject`: typed negatives. Each is the row's good answer with one kind of mistake injected."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from seapo_cli.calls import dump_answer
from seapo_cli.completions import Request, Sampling, Usage
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import Declined, Pending, RowError, unknown
from seapo_cli.mistakes.answers import changeable, whole, without_thought
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.error_types import ErrorType, load_error_types, template_hash
from seapo_cli.mistakes.menu.kinds import check_places, check_proof
from seapo_cli.mistakes.modes import MODES
from seapo_cli.mistakes.proposal import WRONG_ANSWER
from seapo_cli.mistakes.trial import chosen_mode
from seapo_cli.options import InjectSettings
from seapo_cli.rows import ErrorInfo, Row
from seapo_cli.stages.inject_report import InjectReport
from seapo_cli.stages.sample import answered, dump, unusable


class Inject(Stage):
    """Makes one negative per row and error type, or one per row, of a type drawn by weight.

    A row without a `response` is answered first, by the same model.
    """

    name = "inject"

    def __init__(self, settings: InjectSettings) -> None:
        self._settings = settings
        self._types, self._weights = _wanted(settings)
        self._mode = None if settings.mode == "auto" else settings.mode
        if self._mode:
            if self._mode not in MODES:
                raise unknown("mode", self._mode, ("auto", *MODES))
            self._check(self._mode)
        self._trial: asyncio.Task[str] | None = None
        self._report = InjectReport()
        self.templates = {
            kind.name: template_hash(kind, self._mode or "propose") for kind in self._types
        }

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Make the negatives of one row.

        One type after the other, and before those of later rows: that way a request follows the one
        with the same prompt prefix, and finds it in the server's prefix cache.
        """
        assert model is not None
        mode = self._mode or await self._tried(model)
        added: dict[str, Any] = {}
        if row.response is None:
            try:
                row, added = await self._answer(row, model)
            except RowError as error:
                return Outcome(failures=[Failure.of(error, about="answering the prompt first: ")])
        # The mistake belongs in the answer, and the thoughts would contradict it.
        if (answer := without_thought(row.response or "")) != row.response:
            if not answer.strip():
                reason = "the response holds only thoughts, and no answer to make worse"
                return Outcome(failures=[Failure(reason)])
            row, added = replace(row, response=answer), {**added, "response": dump_answer(answer)}
        rows, failures, doubt = [], [], None
        for error_type in self._types_of(row):
            try:
                if doubt is not None:  # it need not be asked again
                    raise Declined(doubt, WRONG_ANSWER)
                rows.append(await self._inject(row, error_type, mode, added, model))
            except RowError as error:
                failures.append(Failure.of(error, error_type.name))
                self._count(error_type, error)
                if isinstance(error, Declined) and error.kind == WRONG_ANSWER:
                    doubt = error.note or WRONG_ANSWER
        if doubt is not None:  # the model that wrote these found the answer wrong before or after
            for made in rows:
                made["error"]["answer_doubted"] = doubt
        return Outcome(rows, failures)

    def summary(self) -> Mapping[str, Any]:
        """The outcomes of the requested negatives, by error type."""
        return self._report.summary()

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of the same stage run elsewhere."""
        self._report.merge(figures)

    def summary_text(self) -> str:
        """The same as a table."""
        return self._report.summary_text()

    def _count(self, error_type: ErrorType, error: RowError) -> None:
        if isinstance(error, Declined):
            self._report.count(error_type.name, error.kind)
        elif not isinstance(error, Pending):
            self._report.count(error_type.name, "failed")

    async def _tried(self, gateway: Gateway) -> str:
        """The mode that the model can handle: tried once, by the first row; the others wait."""
        if self._trial is None:
            self._trial = asyncio.create_task(self._try(gateway))
        return await asyncio.shield(self._trial)

    async def _try(self, gateway: Gateway) -> str:
        async def drive(steps: Steps) -> Injection:
            return (await _drive(steps, gateway, 0))[0]

        # With batches, each request of a trial would take a round.
        mode = "propose" if gateway.answers_later else await chosen_mode(drive, gateway.model)
        self._check(mode)
        return mode

    def _check(self, mode: str) -> None:
        for error_type in self._types:
            MODES[mode].check(error_type)

    async def _answer(self, row: Row, gateway: Gateway) -> tuple[Row, dict[str, Any]]:
        limit = self._settings.max_tokens
        sampling = Sampling(max_tokens=limit, seed=self._settings.seed)
        request = Request(messages=row.messages, sampling=sampling, tools=row.tools)
        completion = await gateway.complete(request, row.line)
        if reason := unusable(completion, limit, keep_truncated=False):
            raise RowError(reason)
        added = answered(completion, gateway.model, request)
        return replace(row, response=completion.answer), added

    def _types_of(self, row: Row) -> Sequence[ErrorType]:
        if not self._weights:
            return self._types
        draw = random.Random(self._seed(row, "mix"))
        return draw.choices(self._types, self._weights)

    def _seed(self, row: Row, purpose: str) -> int:
        """A seed that depends only on the row's content, so other rows may come and go."""
        prompt = [message.key for message in row.messages]
        text = orjson.dumps([self._settings.seed, purpose, prompt, row.response])
        return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big") >> 1

    async def _inject(
        self,
        row: Row,
        error_type: ErrorType,
        mode: str,
        added: dict[str, Any],
        gateway: Gateway,
    ) -> dict[str, Any]:
        settings = self._settings
        assert row.response is not None
        task = Task(
            messages=row.messages,
            response=changeable(row.response, error_type, row.tools),
            error_type=error_type,
            edits=settings.edits,
            severity=settings.severity,
            seed=self._seed(row, error_type.name),
            attempts=settings.attempts,
            tools=row.tools,
        )
        injection, attempts, usage = await _drive(MODES[mode].steps(task), gateway, row.line)
        negative, edits = whole(injection, task.response, row.response)
        info = ErrorInfo(
            type=error_type.name,
            traits=error_type.traits,
            mode=mode,
            edits=edits,
            note=injection.note or None,
            model=gateway.model,
            template=f"{mode}/{error_type.name}",
            template_hash=template_hash(error_type, mode),
            attempts=attempts,
            finish_reason=injection.finish_reason,
            usage=usage,
        )
        self._report.made(error_type.name, row.response, negative)
        return row.extended(**added, negative=dump_answer(negative), error=dump(info))


def _wanted(settings: InjectSettings) -> tuple[tuple[ErrorType, ...], tuple[float, ...]]:
    """The types to make, and their weights if one is drawn per row.

    Raises:
        UsageError: there is no such type, or it is wrong.
    """
    types = load_error_types(settings.error_types or settings.mix)
    for error_type in types:
        check_places(error_type)
        check_proof(error_type)
    weights = dict.fromkeys((error_type.name for error_type in types), 0.0)
    for name, weight in settings.mix.items():
        named = load_error_types([name])
        for error_type in named:  # a pack shares its weight
            weights[error_type.name] += weight / len(named)
    return types, tuple(weights.values()) if settings.mix else ()


async def _drive(steps: Steps, gateway: Gateway, priority: int) -> tuple[Injection, int, Usage]:
    """Answer a mode's requests until it returns; with the number of attempts and their cost.

    Raises:
        RowError: the mode gave up, or a request failed.
    """
    attempts, usage = 0, Usage()
    request = next(steps)
    while True:
        completion = await gateway.complete(request, priority)
        attempts += 1
        usage += completion.usage
        try:
            request = steps.send(completion)
        except StopIteration as done:
            return done.value, attempts, usage
