"""`pair`: preference pairs in a trainer's format, out of answers with negatives.

Reads all rows before it writes the first pair: the rows of a prompt may stand anywhere.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from seapo_cli.engine.job import Files, Run, Sink, open_run
from seapo_cli.engine.session import ModelUse, new_tally, open_gateway
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import UsageError
from seapo_cli.formats import load_format
from seapo_cli.formats.dataset_info import add_entries, read_entries
from seapo_cli.io.jsonl import Output, encode_all
from seapo_cli.io.same_files import reads, writes
from seapo_cli.io.whole_files import shown
from seapo_cli.options import PairSettings
from seapo_cli.pairing.builder import PairBuilder
from seapo_cli.pairing.candidates import Group
from seapo_cli.pairing.index import Scratch
from seapo_cli.pairing.report import Report
from seapo_cli.rows import Keys

_WRITE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class PairJob:
    """`pair` with all that it needs to run."""

    settings: PairSettings
    files: Files
    keys: Keys
    evaluation: str | None = None
    """Where pairs for evaluation go."""
    dataset_info: Path | None = None
    """LLaMA-Factory's list of data sets, which gets an entry for the output."""
    model: ModelUse | None = None
    """Who judges, where the settings ask for a judge."""
    max_errors: int | None = None

    def run(self) -> Tally:
        """Run to the end.

        Raises:
            SeapoError: the run could not be finished.
            KeyboardInterrupt: Ctrl-C.
        """
        self._check()
        self._refuse_equal()
        tally = new_tally(self.model)
        passes = PairBuilder.passes(self.settings)
        report = Report()
        others = [self.evaluation] if self.evaluation else []
        opened = open_run(report, self.files, tally, self.max_errors, passes, others)
        with opened as run:
            with ExitStack() as stack:
                scratch = stack.enter_context(Scratch(self.files.output))
                held_out = (
                    stack.enter_context(Output(self.evaluation, "--eval-output"))
                    if self.evaluation
                    else None
                )
                maker = PairBuilder(run.source, scratch, self.settings, self.keys, report)
                _read(maker, run)
                if self.model:
                    asyncio.run(_judge(maker, self.model, run))
                _write(maker, run, held_out)
                run.report.need_success(report.evaluation_pairs)
            if self.evaluation and not report.evaluation_pairs:
                run.progress.say(
                    f"--eval-output {shown(self.evaluation)} is empty: --eval-split "
                    f"{self.settings.eval_split:g} of {report.prompts:,} prompts gave no pair"
                )
            if self.dataset_info:
                files = [Path(name) for name in (self.files.output, self.evaluation) if name]
                add_entries(self.dataset_info, files, load_format(self.settings.format))
        return tally

    def _refuse_equal(self) -> None:
        read = reads("--decontaminate", self.settings.decontaminate)
        written = writes("--eval-output", self.evaluation)
        self.files.refuse_equal(
            self.model, read, [*written, *writes("--dataset-info", self.dataset_info)]
        )

    def _check(self) -> None:
        """What can be known to be wrong before any row is read."""
        if bool(self.settings.eval_split) != bool(self.evaluation):
            raise UsageError("--eval-split and --eval-output need each other")
        how = load_format(self.settings.format)
        if self.dataset_info:
            if how.dataset_info is None:
                raise UsageError("--dataset-info goes with the llamafactory formats only")
            if self.files.output == "-":
                raise UsageError("--dataset-info needs an output file: name one with -o")
            read_entries(self.dataset_info)


def _read(maker: PairBuilder, run: Run) -> None:
    for read in maker.read():
        run.tally.rows_in += read.lines
        run.tally.bytes_done = read.end
        run.report.add(read.bad)
        run.progress.update()


async def _judge(maker: PairBuilder, model: ModelUse, run: Run) -> None:
    async with open_gateway(model, run.tally) as gateway:
        async for failed in maker.judge(gateway, partial(_tick, run)):
            run.report.add(failed)


def _write(maker: PairBuilder, run: Run, held_out: Output | None) -> None:
    train, evaluation = bytearray(), bytearray()
    for made in maker.make(partial(_tick, run)):
        (evaluation if made.evaluation else train).extend(encode_all(made.rows))
        if not made.evaluation:
            run.tally.rows_out += len(made.rows)
        if len(train) + len(evaluation) >= _WRITE_BYTES:
            _flush(run.output, train)
            _flush(held_out, evaluation)
    _flush(run.output, train)
    _flush(held_out, evaluation)


def _tick(run: Run, group: Group) -> None:
    run.tally.bytes_done += group.size
    run.progress.update()


def _flush(output: Sink | None, data: bytearray) -> None:
    if output and data:
        output.write(data)
    data.clear()
