"""Losses: pure functions from log-probabilities to one loss per row.

A new loss is one function and one line in `LOSSES`. All tensors are [n], fp32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import logsigmoid, relu

from seapo_cli.options import LossSettings


@dataclass(frozen=True, slots=True)
class Logps:
    """Sums of token log-probabilities under one model, of the three parts of each pair."""

    shared: torch.Tensor
    chosen: torch.Tensor
    rejected: torch.Tensor

    @property
    def whole_chosen(self) -> torch.Tensor:
        """log p(chosen | prompt)."""
        return self.shared + self.chosen

    @property
    def whole_rejected(self) -> torch.Tensor:
        """log p(rejected | prompt)."""
        return self.shared + self.rejected


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything that a loss may use."""

    policy: Logps
    reference: Logps
    """Zeros where the loss needs none."""
    chosen_tokens: torch.Tensor
    """Number of tokens in the whole completion, or their weights; 0 if the row lacks that side."""
    rejected_tokens: torch.Tensor
    margin: torch.Tensor
    kl: torch.Tensor
    """[] KTO's estimate of the distance between policy and reference; 0 for other losses."""
    groups: torch.Tensor
    """The number of each row's group: its rejected answers stand against the same chosen one."""
    plain: Scores | None = None
    """The same with all tokens weighted equally, if they are not here."""

    @property
    def unweighted(self) -> Scores:
        """What added terms and metrics look at: true log-probabilities."""
        return self.plain or self

    @property
    def chosen_logratio(self) -> torch.Tensor:
        """log p/p_ref of the whole chosen completion."""
        return self.policy.whole_chosen - self.reference.whole_chosen

    @property
    def rejected_logratio(self) -> torch.Tensor:
        """log p/p_ref of the whole rejected completion."""
        return self.policy.whole_rejected - self.reference.whole_rejected


def reward_lead(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """beta * (chosen's log-ratio - rejected's) - margin; what DPO's relatives are functions of.

    The shared part cancels and is left out, exactly. With `dpop` > 0 chosen's log-ratio counts
    less by dpop * max(0, -log-ratio): DPOP, arXiv 2402.13228, eq. 3.
    """
    chosen = scores.policy.chosen - scores.reference.chosen
    rejected = scores.policy.rejected - scores.reference.rejected
    delta = chosen - rejected
    if settings.dpop:
        delta = delta - settings.dpop * relu(-scores.unweighted.chosen_logratio)
    return settings.beta * delta - scores.margin


def logratio_lead(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """Chosen's log-ratio per token - rejected's - margin; IPO's, as its authors computed it."""
    chosen = scores.chosen_logratio
    if settings.dpop:
        chosen = chosen - settings.dpop * relu(-scores.unweighted.chosen_logratio)
    lead = _per_token(chosen, scores.chosen_tokens)
    lead = lead - _per_token(scores.rejected_logratio, scores.rejected_tokens)
    return lead - scores.margin / settings.beta


def logp_lead(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """beta * (chosen's log-probability per token - rejected's) - gamma - margin; SimPO's."""
    lead = _per_token(scores.policy.whole_chosen, scores.chosen_tokens)
    lead = lead - _per_token(scores.policy.whole_rejected, scores.rejected_tokens)
    return settings.beta * lead - settings.simpo_gamma - scores.margin


def sigmoid(lead: torch.Tensor, _: LossSettings) -> torch.Tensor:
    """DPO, arXiv 2305.18290, eq. 7; SimPO, arXiv 2405.14734, eq. 6, of its own lead."""
    return -logsigmoid(lead)


def cdpo(lead: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """DPO with smoothed labels (cDPO), for data in which some pairs are mislabeled."""
    flipped = settings.label_smoothing
    return -(1 - flipped) * logsigmoid(lead) - flipped * logsigmoid(-lead)


def robust(lead: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """Robust DPO: unbiased under flipped labels, arXiv 2403.00409, eq. 12."""
    flipped = settings.label_smoothing
    clean = -(1 - flipped) * logsigmoid(lead) + flipped * logsigmoid(-lead)
    return clean / (1 - 2 * flipped)


def hinge(lead: torch.Tensor, _: LossSettings) -> torch.Tensor:
    """Margin ranking (SLiC, arXiv 2305.10425), on DPO's implicit rewards."""
    return relu(1 - lead)


def ipo(lead: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """IPO, arXiv 2310.12036, eq. 17."""
    return (lead - 1 / (2 * settings.beta)) ** 2


def against_all(leads: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """-log sum exp(-lead) over each group, at each of its rows.

    The sigmoid loss of it is the negative log-probability that chosen is drawn first from the whole
    group: Plackett-Luce, of which the order among rejected answers is not known.
    """
    top = torch.full_like(leads, -torch.inf).scatter_reduce(0, groups, -leads.detach(), "amax")
    sums = torch.zeros_like(leads).index_add(0, groups, torch.exp(-leads - top[groups]))
    return -(top[groups] + sums[groups].log())


def against_mean(leads: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Chosen's lead over the mean of its group's rejected answers, at each row of the group."""
    sums = torch.zeros_like(leads).index_add(0, groups, leads)
    counts = torch.zeros_like(leads).index_add(0, groups, torch.ones_like(leads))
    return (sums / counts.clamp(min=1))[groups]


def _grouped(leads: torch.Tensor, groups: torch.Tensor, settings: LossSettings) -> torch.Tensor:
    """Leads as `--group-loss` looks at them. Pair by pair: MPPO, arXiv 2412.15244."""
    if settings.group_loss == "listwise":
        return against_all(leads, groups)
    return against_mean(leads, groups) if settings.group_loss == "best" else leads


_Leads = Callable[[Scores, LossSettings], torch.Tensor]


def _of(leads: _Leads, loss: Callable[[torch.Tensor, LossSettings], torch.Tensor]) -> _Leads:
    """A loss that is a function of chosen's lead."""

    def function(scores: Scores, settings: LossSettings) -> torch.Tensor:
        return loss(_grouped(leads(scores, settings), scores.groups, settings), settings)

    return function


def orpo(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """ORPO, arXiv 2403.07691, eq. 6: likelihood of chosen plus beta times the log odds ratio."""
    chosen = _per_token(scores.policy.whole_chosen, scores.chosen_tokens)
    rejected = _per_token(scores.policy.whole_rejected, scores.rejected_tokens)
    odds = (chosen - _log1mexp(chosen)) - (rejected - _log1mexp(rejected))
    return -chosen - settings.beta * logsigmoid(odds - scores.margin)


def kto(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """KTO, arXiv 2402.01306, eq. 8: each answer judged on its own; a pair is two of them."""
    beta, all_tokens = settings.beta, scores.unweighted
    has_chosen, has_rejected = all_tokens.chosen_tokens > 0, all_tokens.rejected_tokens > 0
    good = 1 - torch.sigmoid(beta * (scores.chosen_logratio - scores.kl))
    bad = 1 - torch.sigmoid(beta * (scores.kl - scores.rejected_logratio))
    return (good * has_chosen + bad * has_rejected) / (1.0 * has_chosen + 1.0 * has_rejected)


def likelihood(scores: Scores) -> torch.Tensor:
    """Negative log-likelihood of chosen per token: RPO's added term, arXiv 2404.19733, eq. 1."""
    scores = scores.unweighted
    return -_per_token(scores.policy.whole_chosen, scores.chosen_tokens)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss, and what has to be computed for it."""

    function: Callable[[Scores, LossSettings], torch.Tensor]
    reference: bool = True
    """Whether it compares with the reference model."""
    shared: bool = False
    """Whether the shared part of a pair has a gradient; in a log-ratio difference it cancels."""
    pairs: bool = True
    """Whether each row must have both sides."""


LOSSES = {
    "sigmoid": Loss(_of(reward_lead, sigmoid)),
    "cdpo": Loss(_of(reward_lead, cdpo)),
    "robust": Loss(_of(reward_lead, robust)),
    "hinge": Loss(_of(reward_lead, hinge)),
    "ipo": Loss(_of(logratio_lead, ipo), shared=True),
    "simpo": Loss(_of(logp_lead, sigmoid), reference=False, shared=True),
    "orpo": Loss(orpo, reference=False, shared=True),
    "kto": Loss(kto, shared=True, pairs=False),
}


def scores_shared(settings: LossSettings) -> bool:
    """Whether the shared part must be scored with a gradient."""
    return LOSSES[settings.loss].shared or settings.dpop > 0 or settings.sft > 0


def row_losses(scores: Scores, settings: LossSettings) -> torch.Tensor:
    """[n] The loss of each row, added terms included."""
    found = LOSSES[settings.loss].function(scores, settings)
    return found + settings.sft * likelihood(scores) if settings.sft else found


def _per_token(logps: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    return logps / tokens.masked_fill(tokens == 0, 1)


def _log1mexp(logps: torch.Tensor) -> torch.Tensor:
    """log(1 - exp(logps)) for logps < 0, without cancellation at either end."""
    logps = logps.clamp(max=-1e-7)
    near_zero = torch.log(-torch.expm1(logps))
    return torch.where(logps > -0.693, near_zero, torch.log1p(-torch.exp(logps)))
