"""What was changed weighs more: which tokens that are, and what every loss makes of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from hypothesis import given
from hypothesis import strategies as st

import tiny_model
from seapo_cli.exceptions import UsageError
from seapo_cli.options import LossSettings
from seapo_cli.training.dataset import mismatched
from seapo_cli.training.spans import Weighting
from seapo_cli.training.tokens import Chat, Example, Limits, Tokenized, Weights, tokenize
from training.steps import LOSSES, gradient, loss_settings

TOKENIZER = tiny_model.tiny_tokenizer()
ROWS: list[dict[str, Any]] = [
    {
        "prompt": "Who?",
        "chosen": "It is 12 of 30, so Paris.",
        "rejected": "It is 99 of 30, so Rome.",
    },
    {"prompt": "Who?", "chosen": "It is 12.", "rejected": "It is 12. And 7 of 9."},
    {"prompt": "What is it?", "chosen": "7 of 9", "rejected": "6 of 9"},
]


def weighed(rows: list[dict[str, Any]], max_length: int = 512, **settings: Any) -> Tokenized:
    weighting = Weighting.of(LossSettings(**settings))
    limits = Limits(max_length, "truncate")
    return tokenize(tiny_model.read(rows), Chat(TOKENIZER), limits, weighting)


def texts(example: Example, least: float) -> tuple[str, str]:
    """Text of both sides' tokens that weigh at least so much."""
    assert example.weights is not None
    sides = zip(
        (example.chosen, example.rejected),
        (example.weights.chosen, example.weights.rejected),
        strict=True,
    )
    found = [
        TOKENIZER.decode([token for token, w in zip(side, ws, strict=True) if w >= least])
        for side, ws in sides
    ]
    return found[0].replace(" ", ""), found[1].replace(" ", "")


def test_tokens_of_each_edit_weigh_more() -> None:
    edits = [
        {"start": 6, "end": 8, "original": "12", "replacement": "99"},
        {"start": 19, "end": 24, "original": "Paris", "replacement": "Rome"},
    ]
    (example,) = weighed([ROWS[0] | {"error": {"edits": edits}}], span_weight=5.0).examples
    assert texts(example, 5.0) == ("12Paris", "99Rome")
    assert example.weights.shared == 1.0
    assert set(example.weights.chosen) == {1.0, 5.0}


def test_spans_of_the_row_go_before_those_that_are_found() -> None:
    row = ROWS[0] | {"chosen_spans": [[6, 14]], "rejected_spans": [[6, 14]]}
    (example,) = weighed([row], span_weight=5.0).examples
    assert texts(example, 5.0) == ("12of30", "99of30")
    (example,) = weighed([ROWS[0]], span_weight=5.0).examples
    assert texts(example, 5.0) == ("12Paris", "99Rome")


def test_what_is_missing_weighs_as_the_token_after_it() -> None:
    (example,) = weighed([ROWS[1]], span_weight=5.0).examples
    chosen, rejected = texts(example, 5.0)
    assert chosen == "<|im_end|>"
    assert rejected == "And7of9"  # the dot was there


def test_the_tail_falls_off_evenly() -> None:
    found = Weighting(4.0, 2, 1.0).weights([(n, n + 1) for n in range(6)], [(1, 2)], 1, 6)
    assert found.tolist() == [4.0, 3.0, 2.0, 1.0, 1.0]
    found = Weighting(1.0, 1, 0.0).weights([(n, n + 1) for n in range(5)], [(1, 2)], 1, 5)
    assert found.tolist() == [1.0, 0.5, 0.0, 0.0]


def test_a_span_begins_where_the_tokens_part() -> None:
    # "Paris" is one token, "Parix" begins with another: the characters part later.
    row = {"prompt": "Who?", "chosen": "of Paris", "rejected": "of Parix"}
    row |= {"chosen_spans": [[7, 8]], "rejected_spans": [[7, 8]]}
    (example,) = weighed([row], span_only=True).examples
    assert texts(example, 1.0) == ("Paris", "Parix")
    assert set(example.weights.chosen) == {0.0, 1.0}


@given(st.text("ab é😀\n1,.", min_size=1, max_size=30), st.data())
def test_offsets_name_each_character_of_the_answer(answer: str, data: st.DataObject) -> None:
    if not answer.strip():
        return
    chat, prompt = Chat(TOKENIZER), tiny_model.read([ROWS[0]])[0].prompt
    text = chat.prompt(prompt)
    offsets, ids = chat.offsets(prompt, text, answer), chat.completion(prompt, text, answer)
    assert len(offsets) >= len(ids)
    at = data.draw(st.integers(0, len(answer) - 1))
    weights = Weighting(2.0, 0, 1.0).weights(offsets, [(0, 0), (at, at + 1)], 0, len(ids))
    for n, weight in enumerate(weights):
        if offsets[n][0] > 0:  # past the first span
            assert (weight == 2.0) == (offsets[n][0] <= at < offsets[n][1])
    assert any(start <= at < end for start, end in offsets)


def test_a_template_that_changes_the_answer_counts_evenly_and_is_told() -> None:
    tokenizer = tiny_model.tiny_tokenizer()
    tokenizer.chat_template = tokenizer.chat_template.replace("m.content", "m.content | upper")
    pairs, limits = tiny_model.read([ROWS[0]]), Limits(512, "truncate")
    found = tokenize(pairs, Chat(tokenizer), limits, Weighting(5.0, 0, 1.0))
    assert found.counts["unknown_spans"] == 1
    assert set(found.examples[0].weights.chosen) == {1.0}


def test_slow_tokenizers_are_refused() -> None:
    slow = SimpleNamespace(is_fast=False, added_tokens_decoder={}, all_special_ids=[])
    with pytest.raises(UsageError, match="need a fast tokenizer"):
        Chat(slow).offsets((), "", "x")


def test_a_cut_answer_keeps_weights_for_its_tokens() -> None:
    (whole,) = weighed([ROWS[0]], span_weight=5.0).examples
    found = weighed([ROWS[0]], len(whole.prompt) + len(whole.shared) + 3, span_weight=5.0)
    (example,) = found.examples
    assert found.counts["truncated"] == 1
    lengths = [len(example.weights.chosen), len(example.weights.rejected)]
    assert lengths == [len(example.chosen), len(example.rejected)]


def step(data: Tokenized, settings: LossSettings, path: Any = "segments") -> Any:
    columns = 6 if data.examples[0].weights else 3
    plain = torch.randn(len(data.examples), 3, generator=torch.manual_seed(1)) - 20
    reference = plain.repeat(1, columns // 3)
    pairs = mismatched(data.examples, 512) if settings.loss == "kto" else ()
    model = tiny_model.tiny_model()
    return gradient(tiny_model.work(data, settings, model, path, reference, pairs))


def even(data: Tokenized) -> Tokenized:
    """All tokens weigh 1, but as weights."""
    weighed = [
        replace(
            e,
            weights=Weights(
                1.0, *(type(e.prompt)("f", [1.0] * len(s)) for s in (e.chosen, e.rejected))
            ),
        )
        for e in data.examples
    ]
    return replace(data, examples=tuple(weighed))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weight_of_one_is_the_plain_loss_to_the_last_bit(loss: str) -> None:
    data, settings = weighed(ROWS), loss_settings(loss)
    assert data.examples[0].weights is None
    plain, ones = step(data, settings), step(even(data), settings)
    assert plain[0] == ones[0]
    assert torch.equal(plain[1], ones[1])


@pytest.mark.parametrize(
    "values", [{"span_weight": 5.0, "span_tail": 3}, {"span_only": True}], ids=str
)
@pytest.mark.parametrize("loss", LOSSES)
def test_trees_and_whole_sequences_agree_on_weights(loss: str, values: Any) -> None:
    settings = replace(loss_settings(loss), **values)
    data = weighed(ROWS, **values)
    found, plain = step(data, settings), step(data, settings, "plain")
    assert found[0] == pytest.approx(plain[0], rel=1e-5, abs=1e-5)
    assert (found[1] - plain[1]).norm() <= 1e-4 * plain[1].norm()
    assert (found[1] - step(weighed(ROWS), settings)[1]).norm() > 1e-2 * plain[1].norm()


def test_only_what_was_changed_counts() -> None:
    # The loss is that of the changed tokens' log-probabilities, computed by hand.
    data = weighed(ROWS[2:], span_only=True)
    work = tiny_model.work(data, LossSettings(), tiny_model.tiny_model(), "plain")
    (example,) = data.examples
    sums = []
    for side, weights in zip(
        (example.chosen, example.rejected),
        (example.weights.chosen, example.weights.rejected),
        strict=True,
    ):
        ids = torch.tensor([*example.prompt, *example.shared, *side])
        logps = work.scorer.model(ids[None]).logits[0].log_softmax(-1)
        start = len(ids) - len(side)
        each = [logps[start - 1 + n, ids[start + n]] for n in range(len(side))]
        sums.append(sum(w * one for w, one in zip(weights, each, strict=True)))
    expected = -torch.nn.functional.logsigmoid(0.1 * (sums[0] - sums[1]))
    (row,) = work.train([0], 1)
    assert row.loss == pytest.approx(float(expected), rel=1e-5)
    assert row.logps_chosen < float(sums[0]) - 1  # metrics are of whole answers


def test_added_terms_look_at_true_log_probabilities() -> None:
    with_term, without = LossSettings(span_only=True, sft=1.0), LossSettings(span_only=True)
    weighed_, plain = (
        step(data, with_term)[0] - step(data, without)[0]
        for data in (weighed(ROWS, span_only=True), even(weighed(ROWS)))
    )
    assert weighed_ == pytest.approx(plain, rel=1e-5)
