"""The shared-prefix path against two plain sequences: loss and gradient, fp32."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_model
from rounding import Bounds, step_bounds, sums_bound
from seapo_cli.options import LossSettings
from seapo_cli.training import attention
from seapo_cli.training.dataset import mismatched
from training.steps import LOSSES, gradient, loss_settings

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


def assert_same(one: Any, other: Any, bounds: Bounds) -> None:
    (loss, slope), (other_loss, other_slope) = one, other
    assert abs(loss - other_loss) <= bounds.loss
    assert (slope - other_slope).norm() <= bounds.gradient


def compare(rows: Any, settings: LossSettings, model: Any = None) -> None:
    """Loss and gradient by segments and by plain sequences, against a reference off the policy."""
    data, model = tiny_model.tokenized(rows), model or tiny_model.tiny_model()
    reference = torch.randn(len(data.examples), 3, generator=torch.manual_seed(1)) - 20
    pairs = mismatched(data.examples, 512) if settings.loss == "kto" else ()
    works = [
        tiny_model.work(data, settings, model, path, reference, pairs)
        for path in ("segments", "plain")
    ]
    found = []
    for work in works:
        work.scorer.take(work.scorer.path)  # the two share a model, and so its attention
        found.append(gradient(work))
    assert_same(*found, step_bounds(works[1]))


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_and_kind_of_pair_alone(loss: str, case: str) -> None:
    compare([ROWS[case]], loss_settings(loss))


@pytest.mark.parametrize("loss", LOSSES)
def test_all_kinds_of_pairs_in_one_pack(loss: str) -> None:
    compare(ROWS.values(), loss_settings(loss))


def test_single_judged_answers() -> None:
    rows = [
        {"prompt": "Who is it?", "completion": "Paris is 42.", "label": True},
        {"prompt": "What is it?", "completion": "12 of 30", "label": False},
        ROWS["middle"],
    ]
    compare(rows, LossSettings(loss="kto"))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_bounds_are_narrow_enough_to_see_a_fault(
    loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything(_: Any, query: Any, key: Any, value: Any, *_rest: Any) -> Any:
        return torch.nn.functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, enable_gqa=True
        )

    monkeypatch.setattr(attention.SegmentAttention, "__call__", everything)
    with pytest.raises(AssertionError):
        compare(ROWS.values(), loss_settings(loss))


def test_sliding_window() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    shape = {"vocab_size": 320, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    compare(
        ROWS.values(),
        LossSettings(),
        MistralForCausalLM(MistralConfig(**shape, **heads, sliding_window=8)),
    )


def test_gradient_checkpointing() -> None:
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    work = tiny_model.work(data, LossSettings(), model, "segments")
    without, bounds = gradient(work), step_bounds(work)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    assert_same(gradient(work), without, bounds)


@pytest.mark.parametrize("loss", ["sigmoid", "kto"])
def test_packing_does_not_matter(loss: str) -> None:
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    pairs = mismatched(data.examples, 512) if loss == "kto" else ()
    work = tiny_model.work(data, LossSettings(loss=loss), model, "segments", None, pairs)
    assert_same(gradient(work, accumulate=3), gradient(work, accumulate=1), step_bounds(work))


def test_flex_attention_gives_the_same_values() -> None:
    # Its backward pass needs a GPU; the mask is what can be wrong here.
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model(head_dim=16)
    sums = []
    for path in ("flex", "plain"):
        work = tiny_model.work(data, LossSettings(), model, path)
        with torch.no_grad():
            sums.append(work.scorer(range(len(data.examples)), data.examples, True))
    assert ((sums[0] - sums[1]).abs() <= sums_bound(work)).all()


def test_each_part_in_bf16_is_as_near_to_fp32_as_plain_sequences_are() -> None:
    data, model = tiny_model.tokenized(ROWS.values()), tiny_model.tiny_model()
    exact, plain, packed = (
        per_token(tiny_model.Scorer(model, bf16, path), data.examples)
        for bf16, path in ((False, "plain"), (True, "plain"), (True, "segments"))
    )
    assert (plain - exact).abs().max() > 1e-4  # bf16 it is
    assert (packed - exact).abs().max() <= 2 * (plain - exact).abs().max()


def per_token(scorer: Any, examples: Any) -> torch.Tensor:
    """[n, 3] Mean log-probability of the tokens of each part."""
    lengths = [[len(e.shared), len(e.chosen or ()), len(e.rejected or ())] for e in examples]
    with torch.no_grad():
        sums = scorer(range(len(examples)), examples, True)
    return sums / torch.tensor(lengths).clamp(min=1)
