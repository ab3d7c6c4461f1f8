"""Each loss against its formula's value, and against TRL on the same log-probabilities."""

from __future__ import annotations

import math
from collections import defaultdict
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import pytest

pytest.importorskip("torch")

import torch

from rounding import FORMULA
from seapo_cli.options import LossSettings
from seapo_cli.training.losses import (
    LOSSES,
    Logps,
    Scores,
    hinge,
    ipo,
    logp_lead,
    logratio_lead,
    reward_lead,
    row_losses,
    sigmoid,
)

SHARED, CHOSEN, REJECTED = [-3.0, -7.5], [-12.0, -1.5], [-14.5, -1.0]
REFERENCE = [-3.5, -7.0], [-11.0, -2.5], [-13.0, -2.0]
TOKENS = [9.0, 5.0], [10.0, 4.0]
KL = 0.3


def scores(margin: float = 0.0) -> Scores:
    policy, reference = (
        Logps(*map(torch.tensor, parts)) for parts in ((SHARED, CHOSEN, REJECTED), REFERENCE)
    )
    return Scores(
        policy,
        reference,
        *map(torch.tensor, TOKENS),
        margin=torch.full((2,), margin),
        kl=torch.tensor(KL),
        groups=torch.tensor([0, 1]),
    )


def losses(name: str, margin: float = 0.0, **settings: Any) -> list[float]:
    found: list[float] = row_losses(scores(margin), LossSettings(loss=name, **settings)).tolist()
    return found


DELTA = [1.0 - 0.5, 0.0]
"""Of log-ratios: (c - rc) - (r - rr) = (-1) - (-1.5), 1 - 1."""


def softplus(value: float) -> float:
    return math.log1p(math.exp(value))


def test_every_loss_is_offered_by_name() -> None:
    assert tuple(LOSSES) == get_args(get_type_hints(LossSettings)["loss"])


def test_golden_values() -> None:
    near = pytest.approx
    assert losses("sigmoid") == near([softplus(-0.1 * d) for d in DELTA], abs=FORMULA)
    assert losses("hinge") == near([1 - 0.1 * d for d in DELTA], abs=FORMULA)
    smooth = [0.9 * softplus(-0.1 * d) + 0.1 * softplus(0.1 * d) for d in DELTA]
    assert losses("cdpo", label_smoothing=0.1) == near(smooth, abs=FORMULA)
    flipped = [(0.9 * softplus(-0.1 * d) - 0.1 * softplus(0.1 * d)) / 0.8 for d in DELTA]
    assert losses("robust", label_smoothing=0.1) == near(flipped, abs=FORMULA)
    assert losses("sigmoid", 2.0, row_margins=True)[1] == near(softplus(2.0), abs=FORMULA)


def test_dpop_takes_what_chosen_lost() -> None:
    # Chosen's log-ratios over the whole completion: 0.5 - 1, -0.5 + 1; only the first fell.
    expected = [softplus(-0.1 * (DELTA[0] - 5 * 0.5)), softplus(0.0)]
    assert losses("sigmoid", dpop=5.0) == pytest.approx(expected, abs=FORMULA)


@pytest.mark.parametrize("name", ["sigmoid", "simpo"])
def test_listwise_is_the_probability_to_come_first(name: str) -> None:
    # Two rejected answers of one group: -log(e^r / (e^r + e^r1 + e^r2)) = log(1 + sum e^-lead).
    given = scores()
    given.groups[:] = 0
    leads = LEADS[name](given, LossSettings(loss=name)).tolist()
    expected = math.log1p(sum(math.exp(-lead) for lead in leads))
    found = row_losses(given, LossSettings(loss=name, group_loss="listwise")).tolist()
    assert found == pytest.approx([expected] * 2, abs=FORMULA)


@pytest.mark.parametrize("name", ["sigmoid", "hinge", "ipo", "simpo"])
def test_best_stands_against_the_mean_of_the_rest(name: str) -> None:
    given = scores()
    given.groups[:] = 0
    lead = LEADS[name](given, LossSettings(loss=name)).mean()
    expected = OF_LEAD[name](lead, LossSettings(loss=name)).item()
    found = row_losses(given, LossSettings(loss=name, group_loss="best")).tolist()
    assert found == pytest.approx([expected] * 2, abs=FORMULA)


LEADS = {"sigmoid": reward_lead, "hinge": reward_lead, "ipo": logratio_lead, "simpo": logp_lead}
OF_LEAD = {"sigmoid": sigmoid, "hinge": hinge, "ipo": ipo, "simpo": sigmoid}


@pytest.mark.parametrize("group_loss", ["listwise", "best"])
def test_a_group_of_one_is_a_pair(group_loss: str) -> None:
    for name in ("sigmoid", "simpo"):
        assert losses(name, group_loss=group_loss) == pytest.approx(losses(name), abs=FORMULA)


def test_sft_adds_likelihood_per_token() -> None:
    added = [2 * 15.0 / 9, 2 * 9.0 / 5]
    expected = [one + more for one, more in zip(losses("sigmoid"), added, strict=True)]
    assert losses("sigmoid", sft=2.0) == pytest.approx(expected, abs=FORMULA)


def test_kto_judges_the_sides_that_are_there() -> None:
    both = losses("kto")
    good = 1 - 1 / (1 + math.exp(-0.1 * (-0.5 - KL)))
    bad = 1 - 1 / (1 + math.exp(-0.1 * (KL + 1.0)))
    assert both[0] == pytest.approx((good + bad) / 2, abs=FORMULA)
    single = scores()
    single.chosen_tokens[0] = 0
    alone = row_losses(single, LossSettings(loss="kto")).tolist()
    assert alone[0] == pytest.approx(bad, abs=FORMULA)


class FakeModel:
    """Answers TRL's trainer with log-probabilities that are given."""

    def __init__(self, *sides: list[float]) -> None:
        # One scored token holds a whole side's sum; the others hold 0.
        lengths = [int(n) for n in TOKENS[0] + TOKENS[1]]
        self.log_probs = torch.zeros(4, max(lengths))
        self.log_probs[:, 0] = torch.tensor([*sides[0], *sides[1]])
        self.mask = torch.arange(max(lengths) + 1) <= torch.tensor(lengths)[:, None]
        self.mask[:, 0] = False
        self.training = True

    def __call__(self, **_: Any) -> Any:
        zeros = torch.zeros_like(self.log_probs)
        return SimpleNamespace(
            log_probs=self.log_probs, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool()
        )


WHOLE = [
    [shared + side for shared, side in zip(parts[0], part, strict=True)]
    for parts in ((SHARED, CHOSEN, REJECTED), REFERENCE)
    for part in parts[1:]
]
"""Sums of whole answers: chosen, rejected, and both under the reference."""


def trl_loss(kind: Any, values: dict[str, Any], inputs: dict[str, Any]) -> float:
    """A trainer's loss for the rows above, by its own `_compute_loss`."""
    model = FakeModel(*WHOLE[:2])
    trainer = kind.__new__(kind)
    trainer.__dict__ |= {
        "model": model,
        "aux_loss_enabled": False,
        "beta": 0.1,
        "precompute_ref_logps": True,
        "_total_train_tokens": 0,
        "_tp_size": 1,
        "_metrics": {"train": defaultdict(list)},
        "accelerator": SimpleNamespace(
            device=torch.device("cpu"), gather=lambda x: x, gather_for_metrics=lambda x: x
        ),
        **values,
    }
    tokens = {
        "input_ids": torch.zeros(model.mask.shape, dtype=torch.long),
        "attention_mask": torch.ones(model.mask.shape, dtype=torch.long),
        "completion_mask": model.mask.long(),
    }
    return float(trainer._compute_loss(model, tokens | inputs, return_outputs=False))


def trl_dpo(loss: str, **settings: Any) -> float:
    from trl import DPOTrainer

    values = {
        "ld_alpha": None,
        "f_divergence_type": "reverse_kl",
        "loss_types": [loss],
        "loss_weights": [1.0],
        "use_weighting": False,
        "label_smoothing": 0.0,
        **settings,
    }
    reference = [torch.tensor(side) for side in WHOLE[2:]]
    names = ("ref_chosen_logps", "ref_rejected_logps")
    return trl_loss(DPOTrainer, values, dict(zip(names, reference, strict=True)))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.peers
@pytest.mark.parametrize("loss", ["sigmoid", "hinge", "ipo"])
def test_equals_trl(loss: str) -> None:
    assert mean(losses(loss)) == pytest.approx(trl_dpo(loss), abs=FORMULA)


@pytest.mark.peers
def test_robust_equals_trl() -> None:
    expected = trl_dpo("robust", label_smoothing=0.2)
    assert mean(losses("robust", label_smoothing=0.2)) == pytest.approx(expected, abs=FORMULA)


@pytest.mark.peers
def test_kto_equals_trl() -> None:
    import trl

    values = {
        "calculate_KL": True,
        "loss_type": "kto",
        "desirable_weight": 1.0,
        "undesirable_weight": 1.0,
        "_compute_kl_logps": lambda *_: torch.full((4,), KL - 5.0),
    }
    inputs = {
        "label": torch.tensor([True, True, False, False]),
        "ref_logps": torch.tensor([*WHOLE[2], *WHOLE[3]]),
        "ref_KL_logps": torch.full((4,), -5.0),
    }
    expected = trl_loss(trl.KTOTrainer, values, inputs)
    assert mean(losses("kto")) == pytest.approx(expected, abs=FORMULA)


def per_token(sums: list[float], tokens: list[float]) -> Any:
    whole = [shared + one for shared, one in zip(SHARED, sums, strict=True)]
    return torch.tensor(whole) / torch.tensor(tokens)


@pytest.mark.peers
def test_simpo_and_cdpo_equal_trl() -> None:
    from trl.experimental import cpo

    trainer = cpo.CPOTrainer.__new__(cpo.CPOTrainer)
    device = SimpleNamespace(device=torch.device("cpu"))
    trainer.__dict__ |= {"alpha": 0.0, "accelerator": device, "beta": 2.0, "loss_type": "simpo"}
    trainer.__dict__ |= {"simpo_gamma": 0.5, "label_smoothing": 0.0}
    expected, *_ = trainer.cpo_loss(per_token(CHOSEN, TOKENS[0]), per_token(REJECTED, TOKENS[1]))
    assert losses("simpo", beta=2.0) == pytest.approx(expected.tolist(), abs=FORMULA)
    trainer.__dict__ |= {"loss_type": "sigmoid", "label_smoothing": 0.1, "beta": 0.1}
    expected, *_ = trainer.cpo_loss(torch.tensor(DELTA), torch.zeros(2))
    assert losses("cdpo", label_smoothing=0.1) == pytest.approx(expected.tolist(), abs=FORMULA)


@pytest.mark.peers
def test_orpo_equals_trl() -> None:
    from trl.experimental import orpo

    trainer = orpo.ORPOTrainer.__new__(orpo.ORPOTrainer)
    trainer.__dict__ |= {"beta": 0.1, "accelerator": SimpleNamespace(device=torch.device("cpu"))}
    chosen = per_token(CHOSEN, TOKENS[0])
    ratio, *_ = trainer.odds_ratio_loss(chosen, per_token(REJECTED, TOKENS[1]))
    assert losses("orpo") == pytest.approx((-chosen - ratio).tolist(), abs=FORMULA)
