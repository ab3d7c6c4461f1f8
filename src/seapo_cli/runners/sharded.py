"""One run of a stage over shards: which are left, the progress, and the outcome of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seapo_cli.completions import Usage
from seapo_cli.engine.failures import SHOWN_REASONS
from seapo_cli.engine.files import Sink, write_summary
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.session import new_tally
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import NothingDone, SeapoError
from seapo_cli.io.jsonl import Output
from seapo_cli.options import Settings
from seapo_cli.runners.shards import Folder, Shard, ShardReport, find_shards
from seapo_cli.runners.work import Plan

RunShards = Callable[[Plan, Sequence[Shard]], Iterator[ShardReport]]


def describe(plan: Plan, settings: Settings, templates: Mapping[str, str]) -> dict[str, Any]:
    """What determines the output besides the shards: the stage, its settings and the model."""
    found = {
        "stage": plan.stage.name,
        **settings.dump(),
        "keys": asdict(plan.keys),
    }
    if templates:
        found["templates"] = dict(templates)
    if plan.model is not None:
        backend = plan.model.backend
        found |= {"backend": backend.chosen(), "base_url": backend.address}
        found |= {"model": backend.model, "vllm": backend.vllm_args}
        if backend.extra_body:
            found["extra_body"] = backend.extra_body
    return found


def run_sharded(
    plan: Plan,
    source: str,
    command: Mapping[str, Any],
    summary: Path | None,
    run_shards: RunShards,
) -> Tally:
    """Run a stage over all shards of `source` that are not finished.

    `command` is what determines the output, besides the shards. The tally counts the rows of all
    shards, but the requests and tokens of this run only.

    Raises:
        SeapoError: some shards failed, or none could be run.
    """
    shards = find_shards(source)
    store = plan.model.engine.store if plan.model else None
    plan.folders.refuse_equal(shards, summary, store)
    folder = Folder(plan.folders.output)
    folder.claim(shards, command)
    for place in (plan.folders.errors, plan.folders.rejected):
        if place:
            Folder(place).make()
    found = [(shard, folder.finished(shard)) for shard in shards]
    left = [shard for shard, report in found if report is None]
    tally = new_tally(plan.model)
    size = sum(shard.size for shard in left)
    with ExitStack() as stack:
        file = stack.enter_context(Output(str(summary), "--summary")) if summary else None
        if file:
            file.always = True
        bar = Progress(plan.stage.name, tally, size or None, rows_on_stdout=False)
        progress = stack.enter_context(bar)
        outcome = _Outcome(plan, tally, progress, len(shards))
        try:
            for report in run_shards(plan, left) if left else ():
                outcome.add(report)
        finally:
            for _, earlier in found:
                if earlier is not None:
                    outcome.add_earlier(earlier)
            outcome.close(file)
    if outcome.failed:
        raise SeapoError(
            f"{outcome.failed} of {len(shards)} shards failed; run the command again to retry them"
        )
    if tally.nothing_done:
        raise NothingDone(f"no row succeeded, {tally.rows_failed:,} failed")
    return tally


@dataclass(slots=True)
class _Outcome:
    """The outcome of the shards so far."""

    plan: Plan
    tally: Tally
    progress: Progress
    shards: int
    done: int = 0
    skipped: int = 0
    failed: int = 0
    _shown: int = field(default=0)

    def add(self, report: ShardReport) -> None:
        """Count and report a shard that finished."""
        if report.error:
            self.failed += 1
            self.progress.say(f"{report.shard.path}: failed: {report.error}")
        else:
            self.done += 1
            self._count(report)
            self._tell(report.notes)
        self._head()
        self.progress.update()

    def add_earlier(self, report: ShardReport) -> None:
        """Count a shard that was finished before: its rows, but not what it cost then."""
        self.skipped += 1
        tally = report.tally
        tally.requests_sent = tally.from_store = tally.shared = tally.retries = 0
        tally.usage = Usage()
        self._count(report)
        self._head()

    def _count(self, report: ShardReport) -> None:
        self.tally.add(report.tally)
        self.plan.stage.merge(report.figures)

    def _tell(self, notes: Sequence[str]) -> None:
        for note in notes[: max(0, SHOWN_REASONS - self._shown)]:
            self.progress.say(note)
        if self._shown <= SHOWN_REASONS < self._shown + len(notes):
            self.progress.say("further failures are only counted; --errors DIR keeps them")
        self._shown += len(notes)

    def _head(self) -> None:
        self.progress.head = f"{self.done + self.skipped} of {self.shards} shards, "

    def close(self, summary: Sink | None) -> None:
        """Write the summary, and report the stage's own."""
        if summary:
            shards = {
                "shards": self.shards,
                "shards_done": self.done,
                "shards_skipped": self.skipped,
                "shards_failed": self.failed,
            }
            write_summary(summary, self.tally, {**shards, **self.plan.stage.summary()})
        if text := self.plan.stage.summary_text():
            self.progress.say(text)
