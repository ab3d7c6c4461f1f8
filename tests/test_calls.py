"""Tool calls: their canonical text, and what messages they are read from and written as."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from seapo_cli.backends.base import request_key
from seapo_cli.calls import ToolAnswer, ToolCall, answer_message, read_tools
from seapo_cli.completions import Request
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.rows import read_row
from tool_rows import called, example_rows, rows

ARGUMENTS = {"city": "Lima", "days": 3}
LINE = '{"name": "get_forecast", "arguments": {"city": "Lima", "days": 3}}'


def answer(arguments: Any = None, content: str | None = None, **more: Any) -> dict[str, Any]:
    function = {
        "name": "get_forecast",
        "arguments": json.dumps(ARGUMENTS) if arguments is None else arguments,
    }
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": content, "tool_calls": [call], **more}


@pytest.mark.parametrize("arguments", [None, ARGUMENTS, json.dumps(ARGUMENTS, indent=2)])
def test_the_canonical_text_is_the_same_however_arguments_are_written(arguments: Any) -> None:
    row = read_row({"prompt": "a", "response": answer(arguments)})
    assert row.response == LINE
    row = read_row({"prompt": "a", "response": answer(arguments, "I look.")})
    assert row.response == f"I look.\n{LINE}"


def test_sharegpt_calls_are_read() -> None:
    turns = [
        {"from": "human", "value": "Weather?"},
        {"from": "function_call", "value": LINE},
        {"from": "observation", "value": "wet"},
        {"from": "function_call", "value": f"[{LINE}, {LINE}]"},
    ]
    row = read_row({"conversations": turns})
    assert [turn.role for turn in row.messages] == ["user", "assistant", "tool"]
    assert row.messages[1].answer == LINE
    assert row.response == f"{LINE}\n{LINE}"


def test_a_changed_text_becomes_a_message_in_the_form_of_the_one_it_came_from() -> None:
    compact = json.dumps(ARGUMENTS, separators=(",", ":"))
    good = called(read_row({"prompt": "a", "response": answer(compact, "I look.")}))
    bad = good.read(good.replace("Lima", "Quito"))
    (call,) = answer_message(bad)["tool_calls"]
    assert call["id"] == "call_1"
    assert call["function"]["arguments"] == '{"city":"Quito","days":3}'
    assert bad == good.replace("Lima", "Quito")
    good = called(read_row({"prompt": "a", "response": answer(ARGUMENTS)}))
    (call,) = answer_message(good.read(good.replace("3", "4")))["tool_calls"]
    assert call["function"]["arguments"] == {"city": "Lima", "days": 4}


def test_text_before_calls_may_look_like_one() -> None:
    good = called(read_row({"prompt": "a", "response": answer(content=LINE)}))
    bad = good.read(f"{LINE}\n{LINE.replace('Lima', 'Quito')}")
    assert (bad.content, len(bad.calls)) == (LINE, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LINE[:-1], "not valid JSON"),
        ("Sorry.", "calls no tool"),
        (LINE.replace("arguments", "args"), '"arguments"'),
        (LINE.replace('{"city": "Lima", "days": 3}', '"x"'), '"arguments"'),
        (LINE.replace('"name"', '"id": 1, "name"'), '"arguments"'),
        (LINE.replace("3", "NaN"), "not valid JSON"),
    ],
)
def test_what_is_not_a_call_is_named(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ToolAnswer("", [ToolCall(name="f")]).read(text)


def test_answers_that_call_keep_what_they_are_when_pickled_and_as_rows() -> None:
    for data, row in zip(example_rows(), rows(), strict=True):
        copy = pickle.loads(pickle.dumps(called(row)))
        assert (copy, copy.calls) == (row.response, called(row).calls)
        assert answer_message(copy) == data["response"]
        assert row.extended() == data  # nothing is added, nothing written anew


def test_tools_of_another_kind_are_the_users_own() -> None:
    for own in ("hammer, saw", ["hammer"], None, {"a": 1}, "[not JSON", 3):
        assert read_tools(own) == ()
    bare = {"name": "f", "parameters": {"type": "object"}}
    assert read_tools([bare]) == read_tools(json.dumps([{"function": bare}])) != ()
    with pytest.raises(RowError, match="'tools' must hold function schemas"):
        read_tools([{"type": "web_search"}])
    with pytest.raises(RowError, match="cannot be sent"):
        read_tools([{"name": "f", "parameters": {"maximum": 1 << 70}}])


class _Backend:
    endpoint, model = "http://e/v1", "m"
    extra: dict[str, Any] = {}  # noqa: RUF012


def test_keys_of_requests_and_ids_without_tools_are_what_they_were() -> None:
    turns = (Message(role="system", content="Be brief."), Message(role="user", content="Why?"))
    key = request_key(_Backend(), Request(turns))  # type: ignore[arg-type]
    assert key.hex() == "ec88082221e0174c8816ca7a36bcabcc"
    assert read_row({"prompt": [turn.dump() for turn in turns]}).id == "352b4f0da0e02105"
    tools = read_tools([{"name": "f"}])
    assert request_key(_Backend(), Request(turns, tools=tools)) != key  # type: ignore[arg-type]
