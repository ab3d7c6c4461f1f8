"""One pass over rows: scores, losses and gradients in a step, the same without in an evaluation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from seapo_cli.options import LossSettings
from seapo_cli.training.layout import PARTS, balance, fill, together
from seapo_cli.training.losses import Logps, Scores, row_losses, scores_shared
from seapo_cli.training.metrics import RowMetrics, row_metrics
from seapo_cli.training.processes import Processes, gradient_sync
from seapo_cli.training.reference import PACK_TOKENS
from seapo_cli.training.tokens import Example, Tokenized


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known about every row, [n] each."""

    weight: torch.Tensor
    margin: torch.Tensor
    chosen_tokens: torch.Tensor
    rejected_tokens: torch.Tensor
    groups: Sequence[int]
    chosen_weight: torch.Tensor
    """Sum of the weights of chosen's tokens: their number, if all are weighted the same."""
    rejected_weight: torch.Tensor

    @classmethod
    def of(cls, data: Tokenized, settings: LossSettings) -> Columns:
        """Read from a dataset."""
        lengths = [[len(side or ()) for side in example.answer] for example in data.examples]
        chosen_tokens, rejected_tokens = torch.tensor(lengths).unbind(1)
        masses = torch.tensor([_masses(example) for example in data.examples])
        chosen_weight, rejected_weight = masses.unbind(1)
        return cls(
            torch.tensor([pair.weight for pair in data.pairs]),
            torch.tensor([pair.margin * settings.row_margins for pair in data.pairs]),
            chosen_tokens,
            rejected_tokens,
            data.groups,
            chosen_weight,
            rejected_weight,
        )


def _masses(example: Example) -> tuple[float, float]:
    """Sums of the weights of both sides' tokens."""
    lengths = [float(len(side or ())) for side in example.answer]
    if (weights := example.weights) is None:
        return lengths[0], lengths[1]
    shared = weights.shared * len(example.shared)
    return shared + sum(weights.chosen), shared + sum(weights.rejected)


@dataclass(frozen=True, slots=True)
class LossStep:
    """The model and the rows it works on."""

    scorer: nn.Module
    """A `Scorer`, as the processes share it."""
    examples: Sequence[Example]
    columns: Columns
    reference: torch.Tensor
    """[n, 3 or 6]; zeros where the loss needs none."""
    mismatched: Sequence[Example]
    """Prompts with other rows' answers, for KTO's KL term; none for other losses."""
    mismatched_reference: torch.Tensor
    """[n, 3]"""
    settings: LossSettings
    processes: Processes

    def train(self, rows: Sequence[int], accumulate: int) -> list[RowMetrics]:
        """Accumulate the gradient of the rows' weighted mean loss; returns figures of all rows.

        The mean is over the rows of all processes, so it does not depend on how they are packed.
        """
        count = self.processes.count
        units = together(rows, self.columns.groups)
        packs = self.packs(units, accumulate)[self.processes.rank :: count]
        total = float(self._weights(rows).sum())
        kl = self._kl(rows)
        found: list[RowMetrics] = []
        for number, pack in enumerate(packs):
            # All processes run equally often: one that is out of rows repeats one, with no effect.
            scale = count / total if pack else 0.0
            with gradient_sync(self.scorer, number == len(packs) - 1):
                losses, scores = self._losses(pack or rows[:1], kl)
                weights = self._weights(pack or rows[:1]).to(losses.device)
                (scale * (losses * weights).sum()).backward()
            if pack:
                found += row_metrics(pack, weights, losses, scores, self.settings)
        return [row for part in self.processes.gather(found) for row in part]

    def packs(self, units: Sequence[Sequence[int]], accumulate: int) -> list[list[int]]:
        """Rows of each pass of a step, one pass of every process after the other."""
        count = self.processes.count
        passes = min(accumulate, math.ceil(len(units) / count))
        return balance(units, self.examples, passes * count)

    @torch.no_grad()
    def evaluate(self, rows: Sequence[int]) -> list[RowMetrics]:
        """Figures of the rows, in every process."""
        kl = self._kl(rows)
        found: list[RowMetrics] = []
        units = together(rows, self.columns.groups)
        for pack in self.processes.shard(fill(units, self.examples, PACK_TOKENS)):
            losses, scores = self._losses(pack, kl)
            found += row_metrics(pack, self._weights(pack), losses, scores, self.settings)
        parts = self.processes.gather(found)
        return list({row.row: row for part in parts for row in part}.values())

    def _losses(self, rows: Sequence[int], kl: torch.Tensor) -> tuple[torch.Tensor, Scores]:
        sums = self.scorer(rows, self.examples, scores_shared(self.settings))
        picked, device = list(rows), sums.device
        reference, columns = self.reference[picked].to(device), self.columns
        scores = Scores(
            policy=Logps(*sums[:, :PARTS].unbind(1)),
            reference=Logps(*reference[:, :PARTS].unbind(1)),
            chosen_tokens=columns.chosen_tokens[picked].to(device),
            rejected_tokens=columns.rejected_tokens[picked].to(device),
            margin=columns.margin[picked].to(device),
            kl=kl.to(device),
            groups=self._groups(rows).to(device),
        )
        if sums.shape[1] > PARTS:
            scores = replace(
                scores,
                policy=Logps(*sums[:, PARTS:].unbind(1)),
                reference=Logps(*reference[:, PARTS:].unbind(1)),
                chosen_tokens=columns.chosen_weight[picked].to(device),
                rejected_tokens=columns.rejected_weight[picked].to(device),
                plain=scores,
            )
        return row_losses(scores, self.settings), scores

    def _weights(self, rows: Sequence[int]) -> torch.Tensor:
        """[len(rows)] What rows count; groups are whole.

        A loss of a whole group stands at each of its rows, and so counts less at each.
        """
        weights = self.columns.weight[list(rows)]
        if self.settings.group_loss == "pairs":
            return weights
        groups = self._groups(rows)
        return weights / groups.bincount()[groups]

    def _groups(self, rows: Sequence[int]) -> torch.Tensor:
        """[len(rows)] Groups numbered from 0."""
        numbers = torch.tensor([self.columns.groups[row] for row in rows])
        places: torch.Tensor = numbers.unique(return_inverse=True)[1]
        return places

    @torch.no_grad()
    def _kl(self, rows: Sequence[int]) -> torch.Tensor:
        """[] KTO's mean log-ratio over mismatched answers to the rows' prompts, not below 0."""
        if not self.mismatched:
            return torch.zeros(())
        found: dict[int, list[float]] = {}
        units = together(rows, self.columns.groups)
        for pack in self.processes.shard(fill(units, self.mismatched, PACK_TOKENS)):
            change = (
                self.scorer(pack, self.mismatched, False).cpu() - self.mismatched_reference[pack]
            )
            found |= dict(zip(pack, change.tolist(), strict=True))
        ratios: list[float] = []
        everywhere = {
            row: one for part in self.processes.gather(found) for row, one in part.items()
        }
        for row, sums in sorted(everywhere.items()):
            example, (shared, chosen, rejected) = self.mismatched[row], sums[-PARTS:]
            ratios += [shared + chosen] if example.chosen is not None else []
            ratios += [shared + rejected] if example.rejected is not None else []
        return torch.tensor(max(0.0, sum(ratios) / len(ratios)))
