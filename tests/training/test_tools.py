"""Pairs that call tools, through a chat template that takes them and through one that does not."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_model
from seapo_cli.calls import answer_message
from seapo_cli.formats.reader import PreferencePair, read_pair
from seapo_cli.training.tokens import Chat, Limits, Tokenized, tokenize
from tool_rows import called, corrupted, rows

HERMES = (
    "{% if tools %}<tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for call in m.tool_calls or [] %}<call>{{ call.function | tojson }}</call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def pairs() -> list[PreferencePair]:
    found = []
    for row in rows():
        text = corrupted(row, "missing-argument")
        assert text is not None
        rejected = answer_message(called(row).read(text))
        data = {**row.data, "chosen": row.data["response"], "rejected": rejected}
        found.append(read_pair(data, "pairs.jsonl:1"))
    return found


def tokenized(template: str | None, made: list[PreferencePair]) -> tuple[Tokenized, Any]:
    tokenizer = tiny_model.tiny_tokenizer()
    tokenizer.chat_template = template or tokenizer.chat_template
    return tokenize(made, Chat(tokenizer), Limits(100_000, "drop")), tokenizer


def test_calls_and_tools_go_through_the_template_as_objects() -> None:
    made = pairs()
    data, tokenizer = tokenized(HERMES, made)
    assert data.refused == ()
    assert len(data.examples) == len(made) == 12
    for pair, example in zip(made, data.examples, strict=True):
        prompt = tokenizer.decode(example.prompt.tolist())
        assert all(tool["function"]["name"] in prompt for tool in pair.tools)
        assert "<tools>" in prompt
        chosen, rejected = (tokenizer.decode(ids.tolist()) for ids in example.answer)
        assert chosen != rejected
        assert '<call>{"' in chosen
        assert '\\"' not in chosen.partition("body")[0]  # JSON within JSON


def test_a_template_without_tools_or_calls_is_said_once_for_each_row() -> None:
    made = pairs()
    data, _ = tokenized(None, made)
    assert {reason for _, reason in data.refused} == {
        "the chat template takes no tools; give one that does with --chat-template"
    }
    assert len(data.refused) == len(made)
    only_tools = HERMES.replace("m.tool_calls or []", "[]")
    data, _ = tokenized(only_tools, made)
    assert {reason for _, reason in data.refused} == {
        "the chat template takes no tool calls; give one that does with --chat-template"
    }
