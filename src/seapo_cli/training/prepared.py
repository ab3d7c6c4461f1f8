"""What is known about all pairs before the first step: the reference's values, and difficulty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from seapo_cli.options import TrainSettings
from seapo_cli.training import dataset
from seapo_cli.training.difficulty import Scored, pair_scores
from seapo_cli.training.loss_step import Columns, LossStep
from seapo_cli.training.losses import LOSSES
from seapo_cli.training.processes import Processes
from seapo_cli.training.reference import CHES, columns, reference_logps
from seapo_cli.training.report import Report
from seapo_cli.training.tokens import Example


def prepared(
    settings: TrainSettings,
    split: dataset.Split,
    scorer: Any,
    key: str,
    processes: Processes,
    report: Report,
) -> tuple[LossStep, Scored]:
    """The rows with the reference's log-probabilities, if anything compares with them."""
    examples = split.data.examples
    pairs: Sequence[Example] = ()
    if settings.loss == "kto":
        training = dataset.mismatched(examples[: split.training], settings.max_length)
        pairs = training + dataset.mismatched(examples[split.training :], settings.max_length)

    asked = LOSSES[settings.loss].reference or settings.asks_reference

    def reference(of: Sequence[Example]) -> torch.Tensor:
        if not asked or not of:
            return torch.zeros(len(of), columns(of) + CHES)
        report.begin("reference log-probabilities", len(of))
        return reference_logps(
            lambda rows: scorer(rows, of, False, True),
            of,
            split.data.groups,
            key,
            settings.reference_cache,
            processes,
            report.advance,
            report.say,
        )

    known = reference(examples)
    scores = pair_scores(split.data.pairs, known, known[:, -CHES:]) if asked else []
    work = LossStep(
        scorer=scorer,
        examples=examples,
        columns=Columns.of(split.data, settings),
        reference=known[:, :-CHES],
        mismatched=pairs,
        mismatched_reference=reference(pairs)[:, :-CHES],
        settings=settings,
        processes=processes,
    )
    return work, scores
