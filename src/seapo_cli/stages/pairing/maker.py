"""From rows to pairs: read and index them, judge, choose, put in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import BinaryIO

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.pipeline import Failure, Outcome, Result
from seapo_cli.errors import RowError
from seapo_cli.jsonl import Line
from seapo_cli.records import Keys
from seapo_cli.settings import PairSettings
from seapo_cli.stages.formats import load_format
from seapo_cli.stages.formats.base import Data, Pair
from seapo_cli.stages.pairing.apart import apart
from seapo_cli.stages.pairing.best import Extremes, Verdicts, by_value, judged
from seapo_cli.stages.pairing.candidates import PROVENANCE, Candidate, Group
from seapo_cli.stages.pairing.decontaminate import EvaluationSets
from seapo_cli.stages.pairing.index import Index, Read, Scratch
from seapo_cli.stages.pairing.order import Made, easy_to_hard
from seapo_cli.stages.pairing.report import Report
from seapo_cli.stages.pairing.select import Selection
from seapo_cli.stages.pairing.split import for_evaluation
from seapo_cli.stages.pairing.strategies import Slot, closeness, slots


class Maker:
    """Makes pairs of the rows of one input."""

    def __init__(
        self,
        source: BinaryIO,
        scratch: Scratch,
        settings: PairSettings,
        keys: Keys,
        report: Report,
    ) -> None:
        self._report = report
        self._settings = settings
        self._scratch = scratch
        self._format = load_format(settings.format)
        self._sets = EvaluationSets(settings.decontaminate)
        self._index = Index(source, scratch, settings, keys)
        self._verdicts = Verdicts(scratch.database)

    @staticmethod
    def passes(settings: PairSettings) -> int:
        """How often all rows are read."""
        return 2 + settings.selects + (settings.positive == "judge")

    def read(self) -> Iterator[Read]:
        """Read all rows: comes first."""
        return self._index.fill()

    async def judge(
        self, gateway: Gateway, tick: Callable[[Group], None]
    ) -> AsyncIterator[list[Result]]:
        """Have the judge compare answers, where it decides which is good: comes next.

        Yields a failed result for each prompt of which the judge could not say.
        """
        groups = self._index.groups()
        async for found in judged(groups, self._settings, gateway):
            failed = []
            for group, verdict in found:
                tick(group)
                if isinstance(verdict, RowError):
                    failed.append(_failed(group, f"judge: {verdict}"))
                else:
                    self._verdicts.add(group, verdict)
            yield failed

    def make(self, tick: Callable[[Group], None]) -> Iterator[Made]:
        """All pairs, in the order of the output; `tick` is called for each prompt and pass."""
        if self._settings.selects:
            selection = Selection(self._scratch.database, self._settings)
            selection.choose(self._slots(tick, Report()))
            self._report.mixture = selection.mixture
            chosen = selection.chosen(self._slots(tick, self._report))
        else:
            found = self._slots(tick, self._report)
            chosen = ((evaluation, slot, slot.candidates[0]) for evaluation, slot in found)
        made = self._made(chosen)
        if self._settings.order == "easy-to-hard":
            made = easy_to_hard(made, self._scratch)
        return apart(made) if self._format.unpaired else made

    def _slots(self, tick: Callable[[Group], None], report: Report) -> Iterator[tuple[bool, Slot]]:
        """All pairs that there can be, each with whether it is for evaluation."""
        for group in self._index.groups():
            tick(group)
            report.prompts += 1
            if self._sets.overlap(group.candidates[0].row):
                report.contaminated += 1
                continue
            found = self._slots_of(group)
            report.without_pair += not found
            evaluation = for_evaluation(group, self._settings)
            for slot in found:
                yield evaluation, slot

    def _slots_of(self, group: Group) -> list[Slot]:
        settings = self._settings
        extremes: Extremes | None = None
        if settings.positive == "judge":
            extremes = self._verdicts.of(group)
            if extremes is None:
                return []
        elif settings.positive != "given":
            extremes = by_value(group, settings)
        return slots(group, extremes, settings)

    def _made(self, chosen: Iterable[tuple[bool, Slot, Candidate]]) -> Iterator[Made]:
        sort = self._settings.order == "easy-to-hard"
        last: tuple[int, str] | None = None
        for evaluation, slot, candidate in chosen:
            answer = slot.group, candidate.response
            pair = _pair(candidate, first=answer != last)
            last = answer
            self._report.add(pair, evaluation)
            rows = self._format.rows(pair)
            if pair.row.tools:  # where trainers look for them, as the row has them
                rows = [row | {"tools": pair.row.data["tools"]} for row in rows]
            if self._settings.provenance:
                rows = [row | _provenance(pair) for row in rows]
            hard = closeness(candidate, self._settings) if sort else 0.0
            yield Made(evaluation, rows, slot.group, hard, slot.rank)


def _failed(group: Group, reason: str) -> Result:
    row = group.candidates[0].row
    return Result(Line(group.line, row.data), Outcome(failures=[Failure(reason)]), row.id)


def _pair(candidate: Candidate, first: bool) -> Pair:
    assert candidate.negative is not None
    return Pair(
        row=candidate.row,
        chosen=candidate.response,
        rejected=candidate.negative,
        error_type=candidate.error_type,
        score_chosen=candidate.value,
        score_rejected=candidate.negative_value,
        first=first,
    )


def _provenance(pair: Pair) -> Data:
    """Where a pair comes from: the row's `id`, its type and what the stages left in it."""
    data = pair.row.data
    kept = {key: data[key] for key in PROVENANCE if key in data}
    return {"id": pair.row.id, "error_type": pair.error_type, **kept}
