"""`pair`: preference pairs in a trainer's format, made from answers with negatives.

Reads all rows before it writes the first pair: the rows of a prompt may be anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from seapo_cli.engine.files import Files, Sink
from seapo_cli.engine.run import Run
from seapo_cli.engine.session import ModelUse, open_gateway
from seapo_cli.engine.stage import Stage
from seapo_cli.exceptions import UsageError
from seapo_cli.formats import load_format
from seapo_cli.formats.dataset_info import add_entries, read_entries
from seapo_cli.io.folders import shown
from seapo_cli.io.jsonl import encode_all
from seapo_cli.options import PairSettings
from seapo_cli.pairing.builder import PairBuilder
from seapo_cli.pairing.candidates import Group
from seapo_cli.pairing.index import Scratch
from seapo_cli.pairing.report import PairReport

_WRITE_BYTES = 1 << 16


class Pair(Stage):
    """Makes pairs of all rows."""

    name = "pair"

    def __init__(
        self, settings: PairSettings, files: Files, dataset_info: Path | None = None
    ) -> None:
        """`dataset_info` is LLaMA-Factory's list of datasets: it gets an entry for the output.

        Raises:
            UsageError: settings and files do not fit together.
        """
        self._settings = settings
        self._files = files
        self._dataset_info = dataset_info
        self._report = PairReport()
        self.asks_model = settings.positive == "judge"
        self.passes = PairBuilder.passes(settings)
        if bool(settings.eval_split) != bool(files.evaluation):
            raise UsageError("--eval-split and --eval-output must be used together")
        how = load_format(settings.format)
        if dataset_info:
            if how.dataset_info is None:
                raise UsageError("--dataset-info needs one of the llamafactory formats")
            if files.output == "-":
                raise UsageError("--dataset-info needs an output file: name one with -o")
            read_entries(dataset_info)

    def run(self, run: Run) -> None:
        """Read all rows, have them judged if requested, then write the pairs."""
        with Scratch(self._files.output) as scratch:
            builder = PairBuilder(run.source, scratch, self._settings, run.keys, self._report)
            _read(builder, run)
            if run.model:
                asyncio.run(_judge(builder, run.model, run))
            _write(builder, run)
        run.report.conclude()
        if self._files.evaluation and not self._report.evaluation_pairs:
            run.progress.say(
                f"--eval-output {shown(self._files.evaluation)} is empty: --eval-split "
                f"{self._settings.eval_split:g} of {self._report.prompts:,} prompts gave no pair"
            )
        if self._dataset_info:
            names = (self._files.output, self._files.evaluation)
            files = [Path(name) for name in names if name]
            add_entries(self._dataset_info, files, load_format(self._settings.format))

    def summary(self) -> Mapping[str, Any]:
        """The outcomes of the prompts, and the resulting proportions of types."""
        return self._report.summary()

    def summary_text(self) -> str:
        """The same, for people."""
        return self._report.summary_text()


def _read(builder: PairBuilder, run: Run) -> None:
    for read in builder.read(run.limit):
        run.tally.rows_in += read.lines
        run.tally.bytes_done = read.end
        run.report.add(read.failures)
        run.progress.update()


async def _judge(builder: PairBuilder, model: ModelUse, run: Run) -> None:
    async with open_gateway(model, run.tally) as gateway:
        async for failed in builder.judge(gateway, partial(_tick, run)):
            run.report.add(failed)


def _write(builder: PairBuilder, run: Run) -> None:
    train, evaluation = bytearray(), bytearray()
    for made in builder.make(partial(_tick, run)):
        if made.evaluation:
            evaluation += encode_all(made.rows)
            run.tally.rows_held_out += len(made.rows)
        else:
            train += encode_all(made.rows)
            run.tally.rows_out += len(made.rows)
        if len(train) + len(evaluation) >= _WRITE_BYTES:
            _flush(run.outputs.rows, train)
            _flush(run.outputs.evaluation, evaluation)
    _flush(run.outputs.rows, train)
    _flush(run.outputs.evaluation, evaluation)


def _tick(run: Run, group: Group) -> None:
    run.tally.bytes_done += group.size
    run.progress.update()


def _flush(output: Sink | None, data: bytearray) -> None:
    if output and data:
        output.write(data)
    data.clear()
