"""The stages as plain functions over iterables of rows, for use without the command line.

    from seapo_cli import inject
    from seapo_cli.options import InjectSettings

    for row in inject(rows, InjectSettings(error_types=("factual",))):
        print(row["negative"])

Rows stream: input is read as output is taken, in bounded memory, in order. The engine's event
loop runs in a thread of its own, so this works inside notebooks and other event loops.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import threading
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from seapo_cli.engine.pipeline import finished, result_of
from seapo_cli.engine.session import ModelUse, open_gateway, open_results
from seapo_cli.engine.stage import Failure, Result, Stage
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import UsageError
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Line
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    FilterSettings,
    InjectSettings,
    PairSettings,
    SampleSettings,
)
from seapo_cli.rows import Keys

if TYPE_CHECKING:
    from seapo_cli.pairing.builder import PairBuilder

T = TypeVar("T")
Rows = Iterable[Mapping[str, Any]]
OnFailure = Callable[[Mapping[str, Any], Failure], None]
OnRejected = Callable[[dict[str, Any]], None]


def sample(
    rows: Rows,
    settings: SampleSettings | None = None,
    *,
    backend: BackendSettings | None = None,
    engine: EngineSettings | None = None,
    keys: Keys | None = None,
    on_failure: OnFailure | None = None,
) -> Iterator[dict[str, Any]]:
    """Answer prompts: yields each row with `response` and `sample` added, once per answer.

    Args:
        rows: mappings with a prompt, as in the input of `seapo sample`.
        settings: what to ask for; the defaults are those of the command.
        backend: which model; by default as the environment says, else the embedded one.
        engine: concurrency, retries and the store.
        keys: names of the prompt's and response's keys, where not the usual ones.
        on_failure: called with the row and the reason for each failure; logged by default.

    Raises:
        SeapoError: nothing can be answered any more (no server, wrong key, full disk).
    """
    from seapo_cli.stages.sample import Sample

    stage = Sample(settings or SampleSettings())
    return _stream(stage, rows, backend, engine, keys, on_failure)


def inject(
    rows: Rows,
    settings: InjectSettings,
    *,
    backend: BackendSettings | None = None,
    engine: EngineSettings | None = None,
    keys: Keys | None = None,
    on_failure: OnFailure | None = None,
) -> Iterator[dict[str, Any]]:
    """Put typed mistakes into good answers: yields rows with `negative` and `error` added.

    Arguments and errors are those of `sample`; `settings` names the error types.
    """
    from seapo_cli.stages.inject import Inject

    return _stream(Inject(settings), rows, backend, engine, keys, on_failure)


def filter_rows(
    rows: Rows,
    settings: FilterSettings | None = None,
    *,
    backend: BackendSettings | None = None,
    engine: EngineSettings | None = None,
    keys: Keys | None = None,
    on_rejected: OnRejected | None = None,
    on_failure: OnFailure | None = None,
) -> Iterator[dict[str, Any]]:
    """Keep pairs whose negative is really worse: yields rows with `checks` added.

    Arguments and errors are those of `sample`, and:

    Args:
        settings: which checks, with which options; the defaults are those of the command.
        on_rejected: called with each row that is not kept; its `checks` say why.
    """
    from seapo_cli.stages.filter import make_filter

    kept = (engine or EngineSettings()).store
    stage = make_filter(settings or FilterSettings(), keys or Keys(), store=kept)
    return _stream(stage, rows, backend, engine, keys, on_failure, on_rejected)


def pair(
    rows: Rows,
    settings: PairSettings | None = None,
    *,
    backend: BackendSettings | None = None,
    engine: EngineSettings | None = None,
    keys: Keys | None = None,
    on_failure: OnFailure | None = None,
    on_evaluation: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Make preference pairs: yields rows in the trainer's format that `settings` names.

    All rows are read before the first pair is there; they are kept on disk, not in memory.

    Args:
        on_evaluation: called with each row for evaluation, where `settings` asks for them.

    The other arguments and errors are those of `sample`; a model is asked only by the judge.
    """
    from seapo_cli.pairing.builder import PairBuilder
    from seapo_cli.pairing.index import Scratch
    from seapo_cli.pairing.report import PairReport

    settings = settings or PairSettings()
    if settings.eval_split and on_evaluation is None:
        raise UsageError("eval_split needs on_evaluation, which takes the rows for evaluation")
    with Scratch("-") as scratch:
        maker = PairBuilder(
            _on_disk(rows, scratch.file()), scratch, settings, keys or Keys(), PairReport()
        )
        for read in maker.read():
            for result in read.failures:
                _told(result, on_failure or _log)
        if settings.positive == "judge":
            model = _model_use(backend, engine)
            with _loop_in_thread() as wait:
                wait(_judge(maker, model, on_failure or _log))
        for made in maker.make(lambda _: None):
            for row in made.rows:
                if made.evaluation and on_evaluation:
                    on_evaluation(row)
                else:
                    yield row


async def _judge(maker: PairBuilder, model: ModelUse, on_failure: OnFailure) -> None:
    async with open_gateway(model, Tally()) as gateway:
        async for failed in maker.judge(gateway, lambda _: None):
            for result in failed:
                _told(result, on_failure)


def _on_disk(rows: Rows, file: io.BufferedRandom) -> BinaryIO:
    file.writelines(encode(dict(row)) for row in rows)
    file.seek(0)
    return cast("BinaryIO", file.raw)


def _log(row: Mapping[str, Any], failure: Failure) -> None:
    kind = f"{failure.error_type}: " if failure.error_type else ""
    logging.getLogger("seapo_cli").warning("row %r: %s%s", row.get("id"), kind, failure.reason)


def _told(
    result: Result, on_failure: OnFailure, on_rejected: OnRejected | None = None
) -> Sequence[dict[str, Any]]:
    """The rows of a result, once what else came of it is told."""
    for failure in result.outcome.failures:
        on_failure(cast("Mapping[str, Any]", result.line.data), failure)
    if on_rejected is not None:
        for row in result.outcome.rejected:
            on_rejected(row)
    return result.outcome.rows


def _model_use(backend: BackendSettings | None, engine: EngineSettings | None) -> ModelUse:
    """What was given; else as the environment says, else the embedded model."""
    settings = backend or BackendSettings.checked(
        base_url=os.environ.get("OPENAI_BASE_URL") or None,
        api_key=os.environ.get("OPENAI_API_KEY") or None,
    )
    return ModelUse(settings, engine or EngineSettings())


def _stream(
    stage: Stage,
    rows: Rows,
    backend: BackendSettings | None,
    engine: EngineSettings | None,
    keys: Keys | None,
    on_failure: OnFailure | None,
    on_rejected: OnRejected | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of a stage; what else comes of a row is told on the way."""
    model = _model_use(backend, engine) if stage.asks_model else None
    for result in _results(stage, rows, keys or Keys(), model):
        yield from _told(result, on_failure or _log, on_rejected)


def _results(stage: Stage, rows: Rows, keys: Keys, model: ModelUse | None) -> Iterator[Result]:
    lines = (Line(number, dict(row)) for number, row in enumerate(rows, 1))
    if model is None and stage.at_once == 1:  # it never waits: here, without an event loop
        for line in lines:
            yield finished(result_of(line, stage, keys, model))
        return

    async def produce() -> AsyncGenerator[list[Result]]:
        async with open_results(stage, ([line] for line in lines), keys, model, Tally()) as batches:
            async for batch in batches:
                yield batch

    with _loop_in_thread() as wait:
        batches = produce()
        try:
            while batch := wait(anext(batches, None)):
                yield from batch
        finally:
            wait(batches.aclose())


@contextmanager
def _loop_in_thread() -> Iterator[Callable[[Awaitable[T]], T]]:
    """An event loop in a thread; yields a function that runs a coroutine there and waits."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def awaited(coroutine: Any) -> Any:
        return await coroutine

    async def others_ended() -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left, return_exceptions=True)

    def wait(coroutine: Awaitable[T]) -> T:
        future = asyncio.run_coroutine_threadsafe(awaited(coroutine), loop)
        try:
            found: T = future.result()
        except BaseException:
            # Ctrl-C comes to this thread only: what runs in the other one must end first.
            if future.cancel():
                asyncio.run_coroutine_threadsafe(others_ended(), loop).result()
            raise
        return found

    try:
        yield wait
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
