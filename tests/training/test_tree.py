"""Several rejected answers to one chosen: one tree, whose loss and gradient are those of pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_model
from seapo_cli.formats.reader import read_row_pairs
from seapo_cli.options import LossSettings
from seapo_cli.training import layout
from seapo_cli.training.dataset import mismatched
from seapo_cli.training.tokens import Chat, Limits, Tokenized, tokenize
from training.steps import LOSSES, gradient, loss_settings

ROWS: list[dict[str, Any]] = [
    {
        "prompt": "Who?",
        "chosen": "It is 12 of 30, so Paris is 42.",
        "rejected": [
            "It is 12 of 30, so Rome is 42.",
            "It is 12 of 30, so Rome is 43.",  # leaves the first one late
            "It is 99 of 30, so Paris is 42.",
            "It is 12 of 30, so Paris is 42. And 7.",
            "It is 12 of 30, so Paris is 41.",
            "It is 12 of 30",  # ends where others go on
        ],
        "weight": [1, 3, 1, 1, 2, 1],
    },
    {"prompt": "Who is it?", "chosen": "7 of 9", "rejected": ["7 of 8", "6 of 9"]},
    {"prompt": "What is 12 + 30?", "chosen": "It is 42.", "rejected": "It is 43."},
]


def grouped(rows: list[dict[str, Any]] = ROWS) -> Tokenized:
    pairs = [pair for n, row in enumerate(rows) for pair in read_row_pairs(row, f"f:{n}")]
    return tokenize(pairs, Chat(tiny_model.tiny_tokenizer()), Limits(512, "truncate"))


def apart(data: Tokenized) -> Tokenized:
    return replace(data, groups=tuple(range(len(data.examples))))


def step(
    data: Tokenized, settings: LossSettings, path: Any, accumulate: int
) -> tuple[float, torch.Tensor]:
    """Loss and gradient of one step over all pairs, against a reference off the policy."""
    reference = torch.randn(len(data.examples), 3, generator=torch.manual_seed(1)) - 20
    pairs = mismatched(data.examples, 512) if settings.loss == "kto" else ()
    model = tiny_model.tiny_model()
    return gradient(tiny_model.work(data, settings, model, path, reference, pairs), accumulate)


def assert_equal(one: Any, other: Any) -> None:
    assert one[0] == pytest.approx(other[0], rel=1e-5, abs=1e-5)
    assert (one[1] - other[1]).norm() <= 1e-4 * other[1].norm()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_tree_gives_the_loss_and_gradient_of_separate_pairs(loss: str) -> None:
    data, settings = grouped(), loss_settings(loss)
    alone = step(apart(data), settings, "plain", len(data.examples))
    assert_equal(step(data, settings, "segments", 1), alone)
    assert_equal(step(data, settings, "segments", 3), alone)
    assert_equal(step(data, settings, "plain", 1), alone)


@pytest.mark.parametrize("values", [{}, {"dpop": 5.0}, {"sft": 1.0}, {"loss": "simpo"}], ids=str)
@pytest.mark.parametrize("group_loss", ["listwise", "best"])
def test_losses_of_whole_groups(group_loss: str, values: Any) -> None:
    settings, data = LossSettings(group_loss=group_loss, **values), grouped()
    found = step(data, settings, "segments", 1)
    assert_equal(step(data, settings, "segments", 3), found)
    assert_equal(step(data, settings, "plain", 1), found)


def test_flex_attention_gives_the_same_values() -> None:
    data, model = grouped(), tiny_model.tiny_model(head_dim=16)
    sums = []
    for path in ("flex", "segments", "plain"):
        work = tiny_model.work(data, LossSettings(), model, path)
        with torch.no_grad():
            sums.append(work.scorer(range(len(data.examples)), data.examples, True))
    assert torch.allclose(sums[0], sums[2], rtol=1e-5, atol=1e-3)
    assert torch.allclose(sums[1], sums[2], rtol=1e-5, atol=1e-3)


def test_nothing_stands_twice() -> None:
    data = grouped()
    rows = [number for number, group in enumerate(data.groups) if group == 0]
    found = layout.pack(rows, data.examples)
    texts = {
        tuple(example.prompt + example.shared + side)[:end]
        for example in (data.examples[row] for row in rows)
        for side in (example.chosen, example.rejected)
        for end in range(1, len(example.prompt + example.shared + side))
    }
    assert found.tokens == len(texts)
    assert [at.begin for at in found.branches[1:]] == [at.end for at in found.branches[:-1]]
    assert len(found.branches[2].before) == 2  # the second rejected answer continues the first
    assert found.tokens < layout.size(rows, data.examples)


def test_a_group_stays_in_one_pack() -> None:
    data = grouped()
    units = layout.together(range(len(data.examples)), data.groups)
    assert [len(unit) for unit in units] == [6, 2, 1]
    packs = [*layout.balance(units, data.examples, 2), *layout.fill(units, data.examples, 10)]
    for unit in units:
        assert sum(set(unit) <= set(pack) for pack in packs) == 2


def test_pairs_without_a_group_are_a_tree_too_where_the_prompt_is_one() -> None:
    data = apart(grouped())
    tokens = layout.pack(range(6), data.examples).tokens
    assert tokens == layout.pack(range(6), grouped().examples).tokens


@pytest.mark.parametrize("group_loss", ["listwise", "best"])
def test_a_group_counts_once_however_much_of_it_is_left(group_loss: str) -> None:
    data, settings = grouped(ROWS[1:]), LossSettings(group_loss=group_loss)
    work = tiny_model.work(data, settings, tiny_model.tiny_model(), "segments")
    assert sorted(row.weight for row in work.train([0, 1, 2], 1)) == [0.5, 0.5, 1.0]
    assert [row.weight for row in work.train([1, 2], 1)] == [1.0, 1.0]
    assert sorted(row.weight for row in work.evaluate([0, 1, 2])) == [0.5, 0.5, 1.0]
