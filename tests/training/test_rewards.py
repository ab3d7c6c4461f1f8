"""The program that `seapo filter` asks for rewards, with tiny classifiers of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
)

from running import Seapo, scored_by
from seapo_cli.exceptions import UsageError
from seapo_cli.training.rewards import Rewards
from tiny_model import save_tiny, tiny_tokenizer

SYSTEM = {"role": "system", "content": "Be brief."}
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {}}}
CALL = {"role": "assistant", "tool_calls": [{"name": "look", "arguments": {"at": "Paris"}}]}
QUESTIONS: list[dict[str, Any]] = [
    {"messages": MESSAGES, "answers": ["The capital is Paris.", "The capital is 42."]},
    {"messages": [SYSTEM, *MESSAGES], "answers": ["Paris.", "so " * 60]},
    {"messages": MESSAGES, "answers": ["Paris.", "so " * 900]},
    {"messages": MESSAGES, "answers": ["Paris.", ""]},
    {"messages": [*MESSAGES, {"role": "assistant", "content": "Paris."}, *MESSAGES]}
    | {"answers": ["As said.", "42"]},
]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
SIZES |= {"vocab_size": 320, "intermediate_size": 64, "initializer_range": 0.3}


def save_reward_model(folder: Path, labels: int = 1, padding: int | None = 1) -> Path:
    """A decoder with a reward head, as most reward models are."""
    torch.manual_seed(0)
    config = LlamaConfig(
        num_labels=labels, pad_token_id=padding, max_position_embeddings=512, **SIZES
    )
    LlamaForSequenceClassification(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def save_cross_encoder(folder: Path) -> Path:
    """An encoder that takes two texts, and knows no chats."""
    torch.manual_seed(0)
    config = BertConfig(num_labels=1, max_position_embeddings=128, pad_token_id=1, **SIZES)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = None
    tokenizer.save_pretrained(folder)
    return folder


def by_itself(model: Path, text: Any) -> float:
    """The reward of one text, which goes through the model alone and without padding."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForSequenceClassification.from_pretrained(model).eval()
    with torch.no_grad():
        if isinstance(text, tuple):
            return float(loaded(**tokenizer(*text, return_tensors="pt")).logits[0, 0])
        ids = tokenizer.apply_chat_template(text, tokenize=False)
        ids = tokenizer(ids, add_special_tokens=False, return_tensors="pt")["input_ids"]
        return float(loaded(input_ids=ids).logits[0, 0])


@pytest.mark.parametrize("padding", [1, 5, None], ids=["end token", "own token", "none"])
def test_rewards_are_those_of_each_conversation_by_itself(
    tmp_path: Path, padding: int | None
) -> None:
    model = save_reward_model(tmp_path / "model", padding=padding)
    found = Rewards(str(model)).score(QUESTIONS)
    for number in (0, 1, 4):
        question = QUESTIONS[number]
        wanted = [
            by_itself(model, [*question["messages"], {"role": "assistant", "content": answer}])
            for answer in question["answers"]
        ]
        assert found[number]["rewards"] == pytest.approx(wanted, abs=1e-4)
        assert wanted[0] != pytest.approx(wanted[1], abs=1e-3)
        assert len(found[number]["tokens"]) == 2
    assert "more than the model's 512" in found[2]["error"]
    assert found[3] == {"error": "an answer is empty"}


def test_a_cross_encoder_gets_prompt_and_answer_as_two_texts(tmp_path: Path) -> None:
    model = save_cross_encoder(tmp_path / "model")
    found = Rewards(str(model)).score(QUESTIONS)
    prompt = MESSAGES[0]["content"]
    wanted = [by_itself(model, (prompt, answer)) for answer in QUESTIONS[0]["answers"]]
    assert found[0]["rewards"] == pytest.approx(wanted, abs=1e-4)
    for number in (1, 4):
        assert "no chat template" in found[number]["error"]
    assert "more than the model's 128" in found[2]["error"]


def test_tools_that_a_template_leaves_out_are_not_scored_as_if_they_were_in(tmp_path: Path) -> None:
    model = Rewards(str(save_reward_model(tmp_path / "model")))
    with_tools = {"messages": MESSAGES, "tools": [TOOL], "answers": ["Paris.", "42"]}
    calling = {"messages": MESSAGES, "answers": [CALL, "42"]}
    found = model.score([with_tools, calling])
    assert found[0] == {"error": "the reward model's chat template takes no tools"}
    assert "no tool calls" in found[1]["error"]


def test_a_reward_that_is_not_a_number_fails_its_question(tmp_path: Path) -> None:
    model = Rewards(str(save_reward_model(tmp_path / "model")))
    with torch.no_grad():
        model._model.score.weight.fill_(float("nan"))
    (found,) = model.score(QUESTIONS[:1])
    assert found == {"error": "the model's reward is not a number"}


def test_other_models_are_refused_in_one_line(tmp_path: Path) -> None:
    labelled = save_reward_model(tmp_path / "three", labels=3)
    with pytest.raises(UsageError, match="3 labels: a reward model has one"):
        Rewards(str(labelled))
    with pytest.raises(UsageError, match=r"no weights for score\.weight"):
        Rewards(str(save_tiny(tmp_path / "writer")))
    with pytest.raises(UsageError, match="nowhere"):
        Rewards(str(tmp_path / "nowhere"))


def test_the_program_answers_line_by_line(tmp_path: Path) -> None:
    model = save_reward_model(tmp_path / "model")
    first, second = scored_by("rewards", model, QUESTIONS, QUESTIONS[:1])
    assert second[0]["rewards"] == pytest.approx(first[0]["rewards"], abs=1e-4)


def test_filter_keeps_what_leads_and_computes_it_once(seapo: Seapo) -> None:
    model = save_reward_model(seapo.folder / "model")
    answers = QUESTIONS[0]["answers"]
    good, bad = sorted(answers, key=lambda text: -_reward(model, text))
    rows = [
        {"id": "ahead", "prompt": MESSAGES, "chosen": good, "rejected": bad},
        {"id": "behind", "prompt": MESSAGES, "chosen": bad, "rejected": good},
        {"id": "long", "prompt": MESSAGES, "chosen": good, "rejected": "so " * 900},
    ]
    options = ["--preset", "none", "--check", "reward", "--set", f"reward.scorer={model}"]
    options += ["--summary", "s.json", "--errors", "errors.jsonl", "--rejected", "dropped.jsonl"]
    first = seapo.run("filter", *options, stdin=rows)
    assert first.code == 3, first.stderr
    assert [row["id"] for row in first.rows] == ["ahead"]
    value = first.rows[0]["checks"]["reward"]["value"]
    assert value["model"] == str(model)
    assert value["margin"] == pytest.approx(value["chosen"] - value["rejected"], abs=1e-3)
    assert value["chosen"] == pytest.approx(_reward(model, good), abs=1e-3)
    (dropped,) = map(json.loads, (seapo.folder / "dropped.jsonl").open())
    assert "scores the negative higher" in dropped["checks"]["reward"]["reason"]
    assert "512" in seapo.errors()[0]["reason"]
    figures = seapo.summary("s.json")["reward"]
    assert figures["pairs"] == {"ahead": 1, "behind": 1}
    assert (figures["computed"], figures["from_store"]) == (3, 0)
    assert figures["quantiles"]["0.5"] == value["margin"]

    again = seapo.run("filter", *options, stdin=rows[:2])
    assert again.stdout == first.stdout
    assert seapo.summary("s.json")["reward"]["computed"] == 0
    (model / "model.safetensors").unlink()
    save_reward_model(model, padding=5)  # another model of this name
    assert seapo.run("filter", *options, stdin=rows[:1]).code == 0
    assert seapo.summary("s.json")["reward"]["computed"] == 1


def _reward(model: Path, answer: str) -> float:
    return by_itself(model, [*MESSAGES, {"role": "assistant", "content": answer}])


def test_a_model_that_is_none_ends_the_run_in_one_line(seapo: Seapo) -> None:
    model = save_tiny(seapo.folder / "writer")
    rows = [{"prompt": MESSAGES, "chosen": "a", "rejected": "b"}]
    options = ["--preset", "none", "--check", "reward", "--set", f"reward.scorer={model}"]
    found = seapo.run("filter", *options, stdin=rows)
    assert found.code == 1
    assert "not a reward model" in found.stderr
