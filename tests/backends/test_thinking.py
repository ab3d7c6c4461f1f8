"""Models that think: thoughts apart from answers, and room for both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from raw_server import completion
from seapo_cli.backends.replies import read_completion
from seapo_cli.backends.thinking import GROWN, Room, nothing_but_thought, split
from seapo_cli.completions import Completion, LogProb, Request, Sampling, Usage
from seapo_cli.messages import Message

ASKED = Request((Message(role="user", content="x"),), Sampling(max_tokens=50))


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("4", None, "4"),
        ("<think>2 and 2</think>\n\n4", "2 and 2", "4"),
        ("\n<think>\na\nb\n</think>4", "a\nb", "4"),
        ("<think></think>\n\n4", None, "4"),
        ("2 and 2\n</think>\n\n4", "2 and 2", "4"),  # the template has opened it
        ("<think>2 and", "2 and", ""),  # cut
        ("<think>a <think> b</think>4 </think>", "a <think> b", "4 </think>"),
        ("[THINK]2 and 2[/THINK]4", "2 and 2", "4"),
        ("[THINK]2 and", "2 and", ""),
        ("Use <think> tags.", None, "Use <think> tags."),
        ("Use <thinking>a</thinking>.", None, "Use <thinking>a</thinking>."),
        ("", None, ""),
    ],
)
def test_thoughts_are_split_off(text: str, thought: str | None, answer: str) -> None:
    assert split(text) == (thought, answer)


@pytest.mark.parametrize(
    ("message", "thought"),
    [
        ({"reasoning_content": "hm"}, "hm"),
        ({"reasoning": "hm"}, "hm"),
        ({"reasoning": None, "reasoning_content": ""}, None),
        ({"reasoning": {"odd": 1}}, None),
        ({"content": "<think>hm</think>4"}, "hm"),
        ({"content": "<think>so</think>4", "reasoning": "hm"}, "hm\nso"),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "4"},
                ]
            },
            "hm",
        ),
    ],
)
def test_wherever_a_server_puts_them(message: dict[str, Any], thought: str | None) -> None:
    reply = completion("4")
    reply["choices"][0]["message"] |= message
    found = read_completion(json.dumps(reply).encode())
    assert (found.text, found.reasoning) == ("4", thought)


def test_log_probabilities_are_of_the_answer() -> None:
    reply = completion("<think>hm</think>4")
    tokens = [("<think>", -9), ("hm", -9), ("</think>", -9), ("4", -0.5)]
    content = [{"token": text, "logprob": value} for text, value in tokens]
    reply["choices"][0]["logprobs"] = {"content": content}
    assert read_completion(json.dumps(reply).encode()).logprob == LogProb(sum=-0.5, tokens=1)
    del content[2]
    assert read_completion(json.dumps(reply).encode()).logprob is None


def cut(text: str = "", thought_tokens: int | None = None, **fields: Any) -> Completion:
    usage = Usage(completion_tokens=fields.pop("tokens", 50))
    return Completion(
        text=text, finish_reason="length", usage=usage, thought_tokens=thought_tokens, **fields
    )


def test_room_is_learnt_and_grows_once() -> None:
    room = Room("some-model", {})
    assert room.limit(ASKED) == 50
    grown = room.grown(ASKED, cut(reasoning="hm"))
    assert grown is not None
    assert room.limit(grown) == 50 + GROWN
    assert room.grown(grown, cut(reasoning="hm")) is None
    known = room.limit(ASKED)
    assert known is not None
    assert 50 < known < 50 + GROWN


@pytest.mark.parametrize(
    ("found", "grows"),
    [
        (cut(), True),
        (cut("an answer"), False),
        (cut("an ans", thought_tokens=40), True),
        (cut("an answer", thought_tokens=40, tokens=100), False),  # itself too long
        (cut("an", reasoning="long thoughts"), True),
        (Completion(text="", finish_reason="stop"), False),
        (Completion(text="4", reasoning="hm", finish_reason="stop"), False),
    ],
)
def test_only_an_answer_that_thinking_cut_short_is_asked_for_again(
    found: Completion, grows: bool
) -> None:
    assert (Room("some-model", {}).grown(ASKED, found) is not None) == grows


def test_a_limit_that_the_user_gave_stays() -> None:
    assert Room("m", {"max_completion_tokens": 9}).grown(ASKED, cut()) is None


@pytest.mark.parametrize(
    ("model", "extra", "thinks"),
    [
        ("gpt-5-mini", {}, True),
        ("openai/o3", {}, True),
        ("Qwen/Qwen3-4B-Thinking-2507", {}, True),
        ("gpt-4o", {}, False),
        ("foo3", {}, False),
        ("gpt-5-mini", {"reasoning_effort": "none"}, False),
        ("custom", {"reasoning_effort": "high"}, True),
    ],
)
def test_names_that_tell(model: str, extra: dict[str, Any], thinks: bool) -> None:
    assert (Room(model, extra).limit(ASKED) != 50) == thinks


def test_less_room_for_a_small_context() -> None:
    room, request, seen = Room("o3", {}), ASKED, []
    while (smaller := room.smaller(request)) is not None:
        request = smaller
        seen.append(request.room)
    assert seen == [1024, 256, 0]


def test_an_answer_that_is_all_thought_says_so() -> None:
    reason = nothing_but_thought(cut(tokens=1234))
    assert reason is not None
    assert "finish_reason: length" in reason
    assert "1,234" in reason
    assert nothing_but_thought(Completion(text="4", finish_reason="length")) is None
    assert nothing_but_thought(Completion(text="", finish_reason="stop")) is None
