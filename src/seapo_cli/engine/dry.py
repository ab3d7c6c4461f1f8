"""`--dry-run`: what a run would ask, and what that may cost. Nothing is sent, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from seapo_cli.backends.base import Backend
from seapo_cli.backends.wire import DEFAULT_CONCURRENCY, DEFAULT_URL
from seapo_cli.completions import Completion, Request, Usage
from seapo_cli.engine.budget import estimated_prompt_tokens
from seapo_cli.engine.failures import FailureReport
from seapo_cli.engine.files import Files, Outputs
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.run import Run
from seapo_cli.engine.session import ModelUse, new_tally
from seapo_cli.engine.stage import Stage
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import NothingDone, Pending, Unfinished
from seapo_cli.io.jsonl import input_name, open_input
from seapo_cli.options import BackendSettings
from seapo_cli.rows import Keys
from seapo_cli.text.safe import masked, printable

_SHOWN = 3
"""Requests that are shown whole."""
_BRIEF_SECONDS = 0.05


def dry_run(stage: Stage, files: Files, keys: Keys, model: ModelUse) -> str:
    """The first requests of a run, how many there are, their tokens and cost; for people.

    A request that follows from an answer is unknown, unless the store has that answer.

    Raises:
        SeapoError: the input or the store cannot be read.
    """
    backend = _Counting(model.backend)
    kept = model.engine.store
    looks = backend.knows_keys and kept is not None and kept.exists()
    engine = replace(
        model.engine,
        store=kept if looks else None,
        patience=_BRIEF_SECONDS,  # another run may have a request under way: not waited for
    )
    use = ModelUse(model.backend, engine, backend)
    tally = new_tally(use)
    nowhere, quiet = _Nowhere(), _Quiet(stage.name, tally, None)
    name = input_name(files.input)
    report = FailureReport(stage.name, name, tally, quiet, nowhere, None)
    outputs = Outputs(nowhere, nowhere, nowhere, nowhere)
    with open_input(files.input) as source:
        run = Run(stage, keys, use, source, outputs, report, quiet, tally, files.limit)
        with suppress(Unfinished, NothingDone):  # of course: nothing was answered
            stage.run(run)
    return masked(printable("\n".join(_lines(backend, tally))))


class _Counting(Backend):
    """Answers nothing, and counts what it is asked."""

    concurrency = DEFAULT_CONCURRENCY
    answers_later = True

    def __init__(self, settings: BackendSettings) -> None:
        self.knows_keys = bool(settings.model) and settings.chosen() in ("openai", "batch")
        """Whether the store can be asked: other backends know their name once they are loaded."""
        self.endpoint = settings.address or DEFAULT_URL
        self.model = settings.model or "the model"
        self.extra = settings.extra_body
        self.requests = 0
        self.first: list[Request] = []
        self.usage = Usage()
        """Prompt tokens as estimated, completion tokens as limited."""
        self.unlimited = 0
        """Requests without a limit of tokens."""

    async def complete(self, request: Request) -> Completion:
        """Count a request.

        Raises:
            Pending: always.
        """
        self.requests += 1
        if len(self.first) < _SHOWN:
            self.first.append(request)
        most = 0 if request.scored else request.sampling.max_tokens
        self.unlimited += most is None
        self.usage += Usage(
            prompt_tokens=estimated_prompt_tokens(request), completion_tokens=most or 0
        )
        raise Pending("a dry run asks nothing")


@dataclass(slots=True)
class _Nowhere:
    """Takes rows, and drops them."""

    may_block: bool = False

    def write(self, data: bytes | bytearray) -> None:
        """Nothing."""


class _Quiet(Progress):
    """Says nothing: what there is to say comes at the end."""

    def update(self) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


def _lines(found: _Counting, tally: Tally) -> Iterator[str]:
    for number, request in enumerate(found.first, 1):
        yield f"--- request {number} ---"
        for message in request.messages:
            yield f"[{message.role}]\n{message.answer}"
    yield "---"
    line = f"{tally.rows_in:,} rows: {found.requests:,} requests to send"
    if tally.from_store:
        line += f", {tally.from_store:,} answers in the store"
    if tally.rows_failed:
        line += f"; {tally.rows_failed:,} rows fail unasked"
    yield line
    usage = found.usage
    most = f"at most {usage.completion_tokens:,} completion tokens (their limits)"
    if found.unlimited:
        most += f", and those of {found.unlimited:,} requests without a limit"
    yield (
        f"about {usage.prompt_tokens:,} prompt tokens (a quarter of the bytes, no tokenizer was "
        f"asked), {most}"
    )
    cost = tally.cost_of(usage)
    if cost is None:
        yield "cost unknown: give --price-in and --price-out"
    else:
        yield f"cost at most about {cost:,.4f}" + (" and theirs" if found.unlimited else "")
    yield (
        "Not counted: requests that follow from an answer (further attempts and steps), retries, "
        "thoughts. Nothing was sent."
    )
