"""Reading rows: which keys are recognised, what passes through, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from seapo_cli.completions import Usage
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.rows import Keys, read_row

TURNS = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]


@pytest.mark.parametrize(
    ("data", "prompt", "response"),
    [
        ({"prompt": "a"}, "a", None),
        ({"prompt": "a", "response": "b"}, "a", "b"),
        ({"instruction": "a", "input": "", "output": "b"}, "a", "b"),
        ({"instruction": "a", "input": "c", "output": "b"}, "a\n\nc", "b"),
        ({"question": "a", "answer": "b"}, "a", "b"),
        ({"prompt": "a", "completion": "b"}, "a", "b"),
        ({"prompt": "a", "chosen": TURNS}, "a", "So."),
        ({"messages": TURNS}, (Message(role="user", content="Why?"),), "So."),
        ({"prompt": TURNS[:1], "response": "b"}, (Message(role="user", content="Why?"),), "b"),
    ],
)
def test_usual_keys_are_recognised(
    data: dict[str, Any], prompt: object, response: str | None
) -> None:
    row = read_row(data)
    assert (row.prompt, row.response) == (prompt, response)


def test_other_keys_can_be_named() -> None:
    row = read_row({"q": "a", "a": "b", "prompt": "no"}, Keys("q", "a"))
    assert (row.prompt, row.response) == ("a", "b")


@pytest.mark.parametrize(
    ("data", "keys", "reason"),
    [
        ([], Keys(), "must be a JSON object, this one is a list"),
        ({}, Keys(), "--prompt-key"),
        ({"prompt": "a"}, Keys("q"), "'q'"),
        ({"prompt": "a"}, Keys(None, "r"), "--response-key"),
        ({"prompt": " "}, Keys(), "'prompt' is empty"),
        ({"prompt": "a", "response": ""}, Keys(), "'response' is empty"),
        ({"prompt": "a", "response": 1}, Keys(), "'response' must be a string"),
        ({"prompt": [{"role": "user"}]}, Keys(), "message 0.content"),
        ({"prompt": [{"role": "king", "content": ""}]}, Keys(), "message 0.role"),
        ({"messages": TURNS[1:]}, Keys(), "an assistant turn only"),
        ({"prompt": "a", "response": TURNS[:1]}, Keys(), "must end with an assistant turn"),
        ({"prompt": "a", "id": [1]}, Keys(), "'id' must be a string"),
    ],
)
def test_bad_rows_say_what_to_do(data: object, keys: Keys, reason: str) -> None:
    with pytest.raises(RowError) as caught:
        read_row(data, keys)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_id_is_a_hash_of_the_prompt() -> None:
    same = [read_row({"prompt": "a", "x": n}).id for n in range(2)]
    assert same[0] == same[1] != read_row({"prompt": "b"}).id
    assert read_row({"prompt": "a", "id": 7}).id == "7"


def test_a_row_keeps_its_keys_in_their_order_and_gains_what_it_lacks() -> None:
    data = {"z": 1, "messages": TURNS, "a": None}
    out = read_row(data).extended(negative="Not so.")
    assert list(out) == ["z", "messages", "a", "id", "prompt", "response", "negative"]
    assert out["prompt"] == TURNS[:1]
    assert data == {"z": 1, "messages": TURNS, "a": None}


def test_usage_adds_up() -> None:
    one = Usage(prompt_tokens=1, completion_tokens=2, cached_tokens=3)
    assert one + one == Usage(prompt_tokens=2, completion_tokens=4, cached_tokens=6)


def test_the_system_column_is_heeded() -> None:
    row = read_row({"system": "Be brief.", "prompt": "Why?"})
    assert [message.role for message in row.messages] == ["system", "user"]
    assert row.extended()["prompt"] == "Why?"
    assert row.id != read_row({"prompt": "Why?"}).id
    own = [{"role": "system", "content": "own"}, {"role": "user", "content": "Why?"}]
    assert read_row({"system": "Be brief.", "messages": own}).messages[0].content == "own"
    assert len(read_row({"system": 3, "prompt": "Why?"}).messages) == 1


def test_sharegpt_and_parts_of_text() -> None:
    turns = [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}]
    row = read_row({"conversations": turns})
    assert (row.messages[0].content, row.response) == ("Why?", "So.")
    parts = [{"type": "text", "text": "Why"}, {"type": "text", "text": "so?"}]
    row = read_row({"messages": [{"role": "user", "content": parts}]})
    assert row.messages[0].content == "Why\nso?"


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ({"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}, "function's name"),
        ({"from": "function_call", "value": "{}"}, "function's name"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "holds images"),
        ({"from": [], "value": "x"}, "message 0"),
    ],
)
def test_more_than_text_is_named(turn: object, told: str) -> None:
    with pytest.raises(RowError, match=told):
        read_row({"messages": [turn]})
