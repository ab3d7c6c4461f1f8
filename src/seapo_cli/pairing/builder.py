"""From rows to pairs: read and index them, judge, choose, put in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import groupby
from statistics import mean
from typing import BinaryIO

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Result
from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.formats import load_format
from seapo_cli.formats.base import Data, ScoredPair
from seapo_cli.formats.group import group_row
from seapo_cli.formats.reader import OF_EACH, Spans, edits_of
from seapo_cli.io.jsonl import Line
from seapo_cli.options import PairSettings
from seapo_cli.pairing.best import Extremes, Verdicts, by_value, judged
from seapo_cli.pairing.candidates import PROVENANCE, Candidate, Group
from seapo_cli.pairing.decontaminate import EvaluationSets
from seapo_cli.pairing.index import Index, ReadLines, Scratch
from seapo_cli.pairing.interleave import interleave
from seapo_cli.pairing.order import OutputPair, easy_to_hard
from seapo_cli.pairing.report import PairReport
from seapo_cli.pairing.select import Selection
from seapo_cli.pairing.split import for_evaluation
from seapo_cli.pairing.strategies import Slot, closeness, slots
from seapo_cli.rows import Keys


class PairBuilder:
    """Makes pairs from the rows of one input."""

    def __init__(
        self,
        source: BinaryIO,
        scratch: Scratch,
        settings: PairSettings,
        keys: Keys,
        report: PairReport,
    ) -> None:
        self._report = report
        self._settings = settings
        self._scratch = scratch
        self._format = load_format(settings.format)
        if settings.spans and self._format.unpaired:
            raise UsageError(f"--spans needs a format of pairs: {settings.format} has none")
        place = "margin" if settings.group else self._format.scores
        self._has_margin = place == "margin"
        if settings.scores and not place and settings.closeness != "margin":
            raise UsageError(f"--scores: {settings.format} has no column for them")
        self._sets = EvaluationSets(settings.decontaminate)
        self._index = Index(source, scratch, settings, keys)
        self._verdicts = Verdicts(scratch.database)

    @staticmethod
    def passes(settings: PairSettings) -> int:
        """How often all rows are read."""
        return 2 + settings.selects + (settings.positive == "judge")

    def read(self, limit: int | None = None) -> Iterator[ReadLines]:
        """Read all rows, or the first ones: comes first."""
        return self._index.read_all(limit)

    async def judge(
        self, gateway: Gateway, tick: Callable[[Group], None]
    ) -> AsyncIterator[list[Result]]:
        """Have the judge compare answers, where it decides which is good: comes next.

        Yields a failed result for each prompt that the judge could not decide.
        """
        groups = self._index.groups()
        async for found in judged(groups, self._settings, gateway):
            failed = []
            for group, verdict in found:
                tick(group)
                if isinstance(verdict, RowError):
                    failed.append(_failed(group, verdict))
                else:
                    self._verdicts.add(group, verdict)
            yield failed

    def make(self, tick: Callable[[Group], None]) -> Iterator[OutputPair]:
        """All pairs, in the order of the output; `tick` is called for each prompt and pass."""
        if self._settings.selects:
            selection = Selection(self._scratch.database, self._settings)
            selection.choose(self._slots(tick, PairReport()))
            self._report.mixture = selection.mixture
            chosen = selection.chosen(self._slots(tick, self._report))
        else:
            found = self._slots(tick, self._report)
            chosen = ((evaluation, slot, slot.candidates[0]) for evaluation, slot in found)
        made = self._made(chosen)
        if self._settings.order == "easy-to-hard":
            made = easy_to_hard(made, self._scratch)
        return interleave(made) if self._format.unpaired else made

    def _slots(
        self, tick: Callable[[Group], None], report: PairReport
    ) -> Iterator[tuple[bool, Slot]]:
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

    def _made(self, chosen: Iterable[tuple[bool, Slot, Candidate]]) -> Iterator[OutputPair]:
        for (evaluation, prompt, _), found in groupby(chosen, key=_answer):
            slots, candidates = zip(*((slot, one) for _, slot, one in found), strict=True)
            pairs = [_pair(one, first=number == 0) for number, one in enumerate(candidates)]
            for pair in pairs:
                self._report.add(pair, evaluation)
            hard = [0.0] * len(pairs)
            if self._settings.order == "easy-to-hard":
                hard = [closeness(one, self._settings) for one in candidates]
            if self._settings.group:
                yield OutputPair(
                    evaluation, [self._group(pairs)], prompt, mean(hard), slots[0].rank
                )
                continue
            for pair, slot, one in zip(pairs, slots, hard, strict=True):
                yield OutputPair(evaluation, self._rows(pair), prompt, one, slot.rank)

    def _rows(self, pair: ScoredPair) -> Sequence[Data]:
        return [row | self._beside(pair) for row in self._format.rows(pair)]

    def _group(self, pairs: Sequence[ScoredPair]) -> Data:
        row, beside = group_row(pairs), [self._beside(pair) for pair in pairs]
        of_each = {key: [one.get(key) for one in beside] for key in OF_EACH}
        known = {
            key: values
            for key, values in of_each.items()
            if any(value is not None for value in values)
        }
        return row | beside[0] | known

    def _beside(self, pair: ScoredPair) -> Data:
        """What stands beside a format's own keys."""
        found: Data = {}
        if pair.row.tools:  # where trainers look for them, as the row has them
            found["tools"] = pair.row.data["tools"]
        if self._settings.provenance:
            found |= _provenance(pair)
        if self._settings.spans:
            found |= _spans(pair)
        if pair.margin is not None and self._has_margin:
            found["margin"] = pair.margin
        return found


def _answer(found: tuple[bool, Slot, Candidate]) -> tuple[bool, int, str]:
    """What the pairs of one answer have in common."""
    evaluation, slot, candidate = found
    return evaluation, slot.group, candidate.response


def _failed(group: Group, error: RowError) -> Result:
    row = group.candidates[0].row
    failure = Failure.of(error, about="judge: ")
    return Result(Line(group.line, row.data), Outcome(failures=[failure]), row.id)


def _pair(candidate: Candidate, first: bool) -> ScoredPair:
    assert candidate.negative is not None
    scores = candidate.scores
    return ScoredPair(
        row=candidate.row,
        chosen=candidate.response,
        rejected=candidate.negative,
        error_type=candidate.error_type,
        score_chosen=scores.chosen if scores else candidate.value,
        score_rejected=scores.rejected if scores else candidate.negative_value,
        margin=scores.margin if scores else None,
        first=first,
    )


def _spans(pair: ScoredPair) -> Data:
    """What differs, in characters of both answers: by the edits, or by a comparison."""
    spans = Spans.of(edits_of(pair.row.data.get("error"), pair.chosen, pair.rejected))
    return {"chosen_spans": spans.chosen, "rejected_spans": spans.rejected}


def _provenance(pair: ScoredPair) -> Data:
    """Where a pair comes from: the row's `id`, its type and what the stages left in it."""
    data = pair.row.data
    kept = {key: data[key] for key in PROVENANCE if key in data}
    return {"id": pair.row.id, "error_type": pair.error_type, **kept}
