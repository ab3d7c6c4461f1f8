"""The shared-prefix path against two plain sequences: loss and gradient, fp32."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_model
from seapo_cli.training.dataset import mismatched
from seapo_cli.training.settings import LossSettings

TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Capital of France?"},
    {"role": "assistant", "content": "Paris."},
    {"role": "user", "content": "And 12 + 30?"},
]
ROWS: dict[str, dict[str, Any]] = {
    "first token": {"prompt": "Who?", "chosen": "Paris is 42.", "rejected": "Rome is 42."},
    "middle": {"prompt": "Who?", "chosen": "It is 12 of 30 so", "rejected": "It is 99 of 30 so"},
    "last token": {"prompt": "Who is it?", "chosen": "7 of 9", "rejected": "7 of 8"},
    "identical": {"prompt": "Who?", "chosen": "Paris.", "rejected": "Paris."},
    "prefix": {"prompt": "Who?", "chosen": "Paris", "rejected": "Paris of France is 42"},
    "several turns": {"prompt": TURNS, "chosen": "It is 42.", "rejected": "It is 43 or so."},
    "weighted": {"prompt": "W?", "chosen": "a 1", "rejected": "a 2", "weight": 3, "margin": 0.2},
}
LOSSES = {
    "sigmoid": {},
    "cdpo": {"label_smoothing": 0.1},
    "robust": {"label_smoothing": 0.1},
    "hinge": {},
    "ipo": {},
    "simpo": {"beta": 2.0},
    "orpo": {},
    "kto": {},
    "sigmoid with dpop": {"dpop": 5.0},
    "ipo with dpop": {"dpop": 5.0},
    "sigmoid with sft": {"sft": 1.0},
    "hinge with both": {"dpop": 5.0, "sft": 1.0},
}


def loss_settings(name: str) -> LossSettings:
    return LossSettings(loss=name.split()[0], **LOSSES[name])


def gradient(work: Any, accumulate: int = 1) -> tuple[float, torch.Tensor]:
    """Loss and gradient of one step over all rows."""
    work.scorer.zero_grad()
    rows = work.train(range(len(work.examples)), accumulate)
    parts = [p.grad.flatten() for p in work.scorer.parameters() if p.grad is not None]
    weight = sum(row.weight for row in rows)
    return sum(row.loss * row.weight for row in rows) / weight, torch.cat(parts)


def assert_same(one: Any, other: Any) -> None:
    (loss, slope), (other_loss, other_slope) = one, other
    assert loss == pytest.approx(other_loss, abs=1e-5, rel=1e-6)
    assert (slope - other_slope).norm() <= 1e-4 * max(other_slope.norm(), 1e-3)


def compared(rows: Any, settings: LossSettings, **changes: Any) -> tuple[Any, Any]:
    """Loss and gradient by segments and by plain sequences, against a reference off the policy."""
    data, model = tiny_model.tokenized(rows), tiny_model.tiny_model(**changes)
    reference = torch.randn(len(data.examples), 3, generator=torch.manual_seed(1)) - 20
    pairs = mismatched(data.examples, 512) if settings.loss == "kto" else ()
    return tuple(
        gradient(tiny_model.work(data, settings, model, path, reference, pairs))
        for path in ("segments", "plain")
    )


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_and_kind_of_pair_alone(loss: str, case: str) -> None:
    assert_same(*compared([ROWS[case]], loss_settings(loss)))


@pytest.mark.parametrize("loss", LOSSES)
def test_all_kinds_of_pairs_in_one_pack(loss: str) -> None:
    assert_same(*compared(ROWS.values(), loss_settings(loss)))


def test_single_judged_answers() -> None:
    rows = [
        {"prompt": "Who is it?", "completion": "Paris is 42.", "label": True},
        {"prompt": "What is it?", "completion": "12 of 30", "label": False},
        ROWS["middle"],
    ]
    assert_same(*compared(rows, LossSettings(loss="kto")))


def test_sliding_window() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    data = tiny_model.tokenized(ROWS.values())
    torch.manual_seed(0)
    shape = {"vocab_size": 320, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    model = MistralForCausalLM(MistralConfig(**shape, **heads, sliding_window=8))
    settings = LossSettings()
    assert_same(
        *(gradient(tiny_model.work(data, settings, model, p)) for p in ("segments", "plain"))
    )


def test_gradient_checkpointing() -> None:
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    without = gradient(tiny_model.work(data, LossSettings(), model, "segments"))
    model.gradient_checkpointing_enable({"use_reentrant": False})
    assert_same(gradient(tiny_model.work(data, LossSettings(), model.train(), "segments")), without)


@pytest.mark.parametrize("loss", ["sigmoid", "kto"])
def test_packing_does_not_matter(loss: str) -> None:
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    pairs = mismatched(data.examples, 512) if loss == "kto" else ()
    work = tiny_model.work(data, LossSettings(loss=loss), model, "segments", None, pairs)
    assert_same(gradient(work, accumulate=3), gradient(work, accumulate=1))


def test_flex_attention_gives_the_same_values() -> None:
    # Its backward pass needs a GPU; the mask is what can be wrong here.
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model(head_dim=16)
    sums = []
    with torch.no_grad():
        for path in ("flex", "plain"):
            scorer = tiny_model.Scorer(model, path=path)
            sums.append(scorer(range(len(data.examples)), data.examples, True))
    assert torch.allclose(*sums, atol=1e-4)


def test_bf16_stays_within_its_tolerance() -> None:
    from seapo_cli.training.check import TOLERANCE

    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    sums = []
    with torch.no_grad():
        for path, bf16 in (("segments", True), ("plain", False)):
            scorer = tiny_model.Scorer(model, bf16, path)
            sums.append(scorer(range(len(data.examples)), data.examples, True))
    gap = (sums[0] - sums[1]).abs().max().item() / max(e.tokens for e in data.examples)
    assert gap < TOLERANCE[torch.bfloat16]
