"""Rewards from vLLM's server: what is sent, what is read, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seapo_cli.backends import rewards
from seapo_cli.backends.base import Backend, request_key
from seapo_cli.calls import ToolAnswer, ToolCall
from seapo_cli.completions import Request
from seapo_cli.exceptions import BackendFatal, Transient
from seapo_cli.messages import Message

TURNS = (Message(role="system", content="Be brief."), Message(role="user", content="q"))
TOOL = {"type": "function", "function": {"name": "look", "parameters": {}}}


def pooled(data: Any) -> bytes:
    """A reply of vLLM 0.32."""
    entry = {"index": 0, "object": "pooling", "data": data}
    usage = {"prompt_tokens": 7, "total_tokens": 7, "completion_tokens": 0}
    reply = {"id": "pool-1", "object": "list", "created": 1, "model": "m", "data": [entry]}
    return json.dumps(reply | {"usage": usage}).encode()


def test_a_conversation_goes_to_pooling_as_it_is() -> None:
    request = Request((*TURNS, Message.of("a")), reward="pooling")
    assert rewards.body(request, "pooling", "rm", {}) == {
        "model": "rm",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "a"},
        ],
        "task": "classify",
        "use_activation": False,
    }


def test_tools_and_calls_reach_the_chat_template() -> None:
    answer = ToolAnswer("", [ToolCall(name="look", arguments={"at": 1})])
    request = Request((*TURNS, Message.of(answer)), tools=(TOOL,), reward="pooling")
    extra = {"chat_template_kwargs": {"thinking": False}, "task": None}
    body = rewards.body(request, "pooling", "rm", extra)
    assert body["chat_template_kwargs"] == {"tools": [TOOL], "thinking": False}
    assert body["messages"][-1]["tool_calls"][0]["function"]["arguments"] == '{"at": 1}'
    assert "task" not in body, "--extra-body takes it back"


def test_two_texts_go_to_score() -> None:
    request = Request((Message(role="user", content="q"), Message.of("a")), reward="score")
    body = rewards.body(request, "score", "rm", {})
    assert body == {"model": "rm", "text_1": "q", "text_2": "a", "use_activation": False}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://host:8000/v1", "http://host:8000/pooling"),
        ("http://host:8000/v1/", "http://host:8000/pooling"),
        ("http://host/proxy/v1", "http://host/proxy/pooling"),
        ("http://host:8000", "http://host:8000/pooling"),
    ],
)
def test_the_endpoints_are_beside_v1(url: str, address: str) -> None:
    assert rewards.address(url, "pooling") == address


def test_one_number_is_the_reward() -> None:
    found = rewards.read(pooled([-3.25]), "pooling")
    assert (found.reward, found.usage.prompt_tokens, found.text) == (-3.25, 7, "")
    scored = b'{"data": [{"index": 0, "object": "score", "score": 2}], "usage": {}}'
    assert rewards.read(scored, "score").reward == 2.0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([0.1, 0.9], "gives 2 numbers"),
        ([], "gives 0 numbers"),
        ([[0.1], [0.2]], "for each token"),
        ([[0.1, 0.2]], "for each token"),
    ],
)
def test_several_numbers_are_no_reward(data: Any, said: str) -> None:
    with pytest.raises(BackendFatal, match=said):
        rewards.read(pooled(data), "pooling")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": [{"data": [1]}, {"data": [2]}]}',
        b'{"data": [{"data": "AACAPw=="}]}',
        b'{"data": [{"data": "1.5"}]}',
        b'{"data": [{"data": [true]}]}',
        b'{"data": [{"data": [null]}]}',
        b'{"data": [{"data": [1e999]}]}',
        b'{"data": [{"data": {"x": 1}}]}',
        b'{"data": [{"score": 1}]}',
        b'{"data": [{"data": [1]}], "usage": null}',
        b'{"data": [{"data": [1]}], "usage": {"prompt_tokens": "many"}}',
    ],
)
def test_what_is_no_reply_of_vllms_may_be_a_proxys(reply: bytes) -> None:
    with pytest.raises(Transient, match="no reward"):
        rewards.read(reply, "pooling")


def test_rewards_have_keys_of_their_own() -> None:
    backend = Backend()
    backend.endpoint, backend.model, backend.extra = "http://x/v1", "m", {}
    messages = (Message(role="user", content="q"), Message.of("a"))
    keys = {
        request_key(backend, Request(messages)),
        request_key(backend, Request(messages, reward="pooling")),
        request_key(backend, Request(messages, reward="score")),
    }
    assert len(keys) == 3
