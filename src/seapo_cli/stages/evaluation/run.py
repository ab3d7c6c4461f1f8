"""All models through all tasks: rows as they come, figures at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.engine.failures import FailureReport
from seapo_cli.engine.files import Files, Outputs, open_outputs, reader_may_go
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.ordered import ordered_map
from seapo_cli.engine.pipeline import WINDOW_PER_REQUEST
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import open_gateway
from seapo_cli.engine.stage import Failure, Outcome, Result
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import NothingDone, RowError, UsageError
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Line
from seapo_cli.io.same_files import reads, refuse_equal, store_files
from seapo_cli.io.threads import DaemonThread
from seapo_cli.isolation.languages import interpreters
from seapo_cli.isolation.means import NoIsolationError, find_means
from seapo_cli.options import EngineSettings
from seapo_cli.stages.evaluation.harness import HarnessSettings, harnessed
from seapo_cli.stages.evaluation.items import Answered, Found, Item, Task
from seapo_cli.stages.evaluation.models import NO_LOGPROBS, Model
from seapo_cli.stages.evaluation.report import EvaluationReport
from seapo_cli.stages.evaluation.scoring import LocalScorer, Scorer, ServedScorer, gives_logprobs


@dataclass(slots=True)
class Evaluation:
    """A run of all models through all tasks."""

    models: Sequence[Model]
    tasks: Sequence[Task]
    engine: EngineSettings
    files: Files
    """Outputs only: each task knows its own input."""
    max_errors: int | None = None
    compared: bool = False
    seed: int = 0
    harness: HarnessSettings = field(default_factory=HarnessSettings)
    tally: Tally = field(default_factory=Tally)
    _not_run: dict[str, dict[str, str]] = field(default_factory=dict)
    _isolation: list[str] = field(default_factory=list)
    """Notes on code that is run."""
    _results: dict[tuple[str, str], list[tuple[Item, Found]]] = field(default_factory=dict)

    def run(self) -> Tally:
        """Run to the end.

        Raises:
            SeapoError: it could not be finished; the store keeps what was found.
            KeyboardInterrupt: Ctrl-C.
        """
        self._refuse_equal()
        asyncio.run(self._run())
        return self.tally

    def _refuse_equal(self) -> None:
        read = [
            *reads("", [task.file for task in self.tasks if task.file]),
            *store_files(self.engine.store),
        ]
        read += reads("--model", [model.local for model in self.models if model.local])
        refuse_equal(read, self.files.written)

    async def _run(self) -> None:
        await self._leave_out()
        report = EvaluationReport(
            self.tasks,
            self._results,
            [model.name for model in self.models],
            self._not_run,
            self.compared,
            self.seed,
        )
        reports = [str(path) for path in (self.files.errors, self.files.summary) if path]
        with reader_may_go(reports), ExitStack() as stack:
            outputs = stack.enter_context(open_outputs(self.files, self.tally, report.summary))
            writer = stack.enter_context(closing(DaemonThread()))
            progress = stack.enter_context(self._progress())
            for line in (*self._reasons(), *self._isolation):
                progress.say(line)
            for model in self.models:
                await self._model(_Open(outputs, writer, progress), model)
            if not self.tally.rows_out:
                failed = f", {self.tally.rows_failed:,} items failed" if self.tally.rows_in else ""
                raise NothingDone(f"nothing was evaluated{failed}")
            report.work_out()
            progress.say(f"\n{report.summary_text()}\n")

    def _progress(self) -> Progress:
        total = sum(
            len(task.items)
            for model in self.models
            for task in self.tasks
            if task.name not in self._not_run[model.name]
        )
        return Progress("eval", self.tally, total, rows_on_stdout=self.files.output == "-")

    async def _leave_out(self) -> None:
        """Find out which tasks cannot run.

        Raises:
            UsageError: none can.
        """
        unsafe = self._find_isolation()
        for model in self.models:
            found = {task.name: model.lacks(task.needs) for task in self.tasks}
            pairs = [task.name for task in self.tasks if task.needs == "chat scores"]
            if pairs and not model.local and model.use and not await gives_logprobs(model.use):
                found |= dict.fromkeys(pairs, NO_LOGPROBS)
            if unsafe:
                found |= {task.name: unsafe for task in self.tasks if task.runs_code}
            self._not_run[model.name] = {name: why for name, why in found.items() if why}
        if all(len(found) == len(self.tasks) for found in self._not_run.values()):
            raise UsageError("; ".join(self._reasons()))

    def _find_isolation(self) -> str | None:
        """Why code that models write cannot be run; None if there is none, or if it is isolated."""
        names = ", ".join(task.name for task in self.tasks if task.runs_code)
        try:
            if names:
                means = find_means(interpreters()).describe()
                self._isolation.append(f"{names}: code that models write is run, {means}")
        except NoIsolationError as error:
            return str(error)
        return None

    def _reasons(self) -> list[str]:
        """A line for each model and reason: which tasks cannot run."""
        lines = []
        for model, found in self._not_run.items():
            for why in dict.fromkeys(found.values()):
                names = ", ".join(name for name, reason in found.items() if reason == why)
                lines.append(f"{model}: cannot run {names}: {why}")
        return lines

    async def _model(self, out: _Open, model: Model) -> None:
        tasks = [task for task in self.tasks if task.name not in self._not_run[model.name]]
        async with AsyncExitStack() as stack:
            gateway = None
            if model.use and any(task.needs == "answers" or not model.local for task in tasks):
                gateway = await stack.enter_async_context(open_gateway(model.use, self.tally))
            scorer: Scorer | None = None
            if any(task.needs in ("chat scores", "text scores") for task in tasks):
                if model.local:
                    scorer = LocalScorer(model.local, self.engine.store, self.tally)
                else:
                    assert gateway is not None
                    scorer = ServedScorer(gateway)
                stack.callback(scorer.close)
            for task in tasks:
                await self._task(out, model, task, scorer, gateway)

    async def _task(
        self, out: _Open, model: Model, task: Task, scorer: Scorer | None, gateway: Gateway | None
    ) -> None:
        report = FailureReport(
            "eval", task.origin, self.tally, out.progress, out.files.errors, self.max_errors
        )
        kept = self._results.setdefault((model.name, task.name), [])
        if task.needs == "harness":
            assert model.local is not None
            found = harnessed(model.local, task.name, self.harness, self.engine.store)
        elif task.needs == "answers":
            assert gateway is not None
            found = _written(task.items, gateway)
        else:
            assert scorer is not None
            found = _scored(task.items, scorer)
        try:
            async for batch in found:
                rows = [
                    _row(model, task, item, one) for item, one in batch if isinstance(one, dict)
                ]
                kept += [(item, one) for item, one in batch if isinstance(one, dict)]
                await out.writer.call(out.files.rows.write, b"".join(map(encode, rows)))
                self.tally.rows_in += len(batch)
                self.tally.bytes_done += len(batch)  # for progress: items are what is counted
                self.tally.rows_out += len(rows)
                report.add([_failed(model, *one) for one in batch if isinstance(one[1], RowError)])
                out.progress.update()
        finally:
            report.close()


@dataclass(frozen=True, slots=True)
class _Open:
    """What a run holds open."""

    files: Outputs
    writer: DaemonThread
    progress: Progress


async def _scored(items: Sequence[Item], scorer: Scorer) -> AsyncIterator[Answered]:
    """The result of each item from its log-probabilities."""
    for start in range(0, len(items), scorer.together):
        batch = items[start : start + scorer.together]
        asked = [item.question for item in batch if item.question is not None]
        scores = iter(await scorer.score(asked, start))
        found: Answered = []
        for item in batch:
            if item.question is None:
                found.append((item, RowError(item.error)))
                continue
            assert item.read is not None
            score = next(scores)
            found.append((item, score if isinstance(score, RowError) else item.read(score)))
        yield found


async def _written(items: Sequence[Item], gateway: Gateway) -> AsyncIterator[Answered]:
    """The result of each item from its written answer."""

    async def work(item: Item) -> tuple[Item, Found | RowError]:
        if item.request is None:
            return item, RowError(item.error)
        assert item.check is not None
        try:
            completion = await gateway.complete(item.request, item.line)
            found = await item.check(completion)
        except RowError as error:
            return item, error
        return item, {
            **found,
            "answer": completion.text,
            "finish_reason": completion.finish_reason,
        }

    async def source() -> AsyncIterator[Sequence[Item]]:
        yield items

    async for batch in ordered_map(source(), work, WINDOW_PER_REQUEST * gateway.concurrency):
        yield batch


def _row(model: Model, task: Task, item: Item, found: Found) -> dict[str, Any]:
    """A line of the results."""
    return {
        "model": model.name,
        "task": task.name,
        "line": item.line,
        "id": item.id,
        "cluster": item.cluster,
        **(item.labels or {}),
        **found,
    }


def _failed(model: Model, item: Item, error: Found | RowError) -> Result:
    failure = Failure(f"{model.name}: {error}")
    return Result(Line(item.line, item.data), Outcome(failures=[failure]), item.id)
