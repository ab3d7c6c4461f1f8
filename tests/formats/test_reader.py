"""Reading rows: every format that `pair` writes, rows of `inject`, and bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import BadRow, PreferencePair, read_pair, read_pairs, read_row_pairs
from seapo_cli.messages import Message

USER, ANSWER = {"role": "user", "content": "Q?"}, {"role": "assistant", "content": "good"}
WORSE = {"role": "assistant", "content": "bad"}
ASKED = (Message(role="user", content="Q?"),)
SAID = {"from": "human", "value": "Q?"}
PAIRS: dict[str, dict[str, Any]] = {
    "trl": {"prompt": "Q?", "chosen": "good", "rejected": "bad"},
    "trl-chat": {"prompt": [USER], "chosen": [ANSWER], "rejected": [WORSE]},
    "llamafactory": {"instruction": "Q?", "input": "", "chosen": "good", "rejected": "bad"},
    "llamafactory-sharegpt": {
        "conversations": [SAID],
        "chosen": {"from": "gpt", "value": "good"},
        "rejected": {"from": "gpt", "value": "bad"},
    },
    "axolotl": {"messages": [USER], "chosen": ANSWER, "rejected": WORSE},
    "ultrafeedback": {
        "prompt": "Q?",
        "chosen": [USER, ANSWER],
        "rejected": [USER, WORSE],
        "messages": [USER, ANSWER],
        "score_chosen": None,
    },
    "inject": {"prompt": "Q?", "response": "good", "negative": "bad"},
}
SINGLE: dict[str, dict[str, Any]] = {
    "trl-kto": {"prompt": "Q?", "completion": "good", "label": True},
    "trl-kto-chat": {"prompt": [USER], "completion": [ANSWER], "label": True},
    "llamafactory-kto": {"messages": [USER, ANSWER], "label": True},
}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no prompt": ({"chosen": "a", "rejected": "b"}, "no prompt"),
    "no rejected": ({"prompt": "Q?", "chosen": "a"}, "no key 'rejected'"),
    "empty side": ({"prompt": "Q?", "chosen": "a", "rejected": " "}, "'rejected' is empty"),
    "label": ({"prompt": "Q?", "completion": "a", "label": 1}, "'label' must be true or false"),
    "weight": ({**PAIRS["trl"], "weight": 0}, "'weight' must be over 0"),
    "margin": ({**PAIRS["trl"], "margin": "big"}, "'margin' must be a number"),
    "other turns": (
        {"prompt": [USER], "chosen": [ANSWER, USER, ANSWER], "rejected": [WORSE]},
        "differ in their last turn only",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_formats_of_pairs(name: str) -> None:
    assert read_pair(PAIRS[name]) == PreferencePair(ASKED, "good", "bad")


@pytest.mark.parametrize("name", SINGLE)
def test_formats_of_judged_answers(name: str) -> None:
    assert read_pair(SINGLE[name]) == PreferencePair(ASKED, "good", None)
    assert read_pair(SINGLE[name] | {"label": False}) == PreferencePair(ASKED, None, "good")


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_say_what_is_wrong(name: str) -> None:
    row, reason = BAD[name]
    with pytest.raises(RowError, match=reason):
        read_pair(row)


def test_weight_margin_and_error_type() -> None:
    row = PAIRS["trl"] | {"weight": 2, "margin": 0.5, "error": {"type": "factual"}}
    pair = read_pair(row)
    assert (pair.weight, pair.margin, pair.error_type) == (2.0, 0.5, "factual")
    assert read_pair(PAIRS["trl"] | {"error_type": "logical"}).error_type == "logical"


def test_conversations_of_several_turns() -> None:
    system, more = {"role": "system", "content": "S"}, {"role": "user", "content": "And?"}
    whole = tuple(Message(**turn) for turn in (system, USER, ANSWER, more))
    turns = [system, USER, ANSWER, more]
    # UltraFeedback's prompt is the last request alone.
    rows = [
        {"prompt": turns, "chosen": "x", "rejected": "y"},
        {"prompt": "And?", "chosen": [*turns, ANSWER], "rejected": [*turns, WORSE]},
        {"prompt": turns[:2], "chosen": [*turns[2:], ANSWER], "rejected": [*turns[2:], WORSE]},
        {
            "system": "S",
            "history": [["Q?", "good"]],
            "instruction": "And?",
            "input": "",
            "chosen": "x",
            "rejected": "y",
        },
    ]
    assert [read_pair(row).prompt for row in rows] == [whole] * 4


def test_lines_that_hold_no_pair_are_named(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"prompt": "Q?", "chosen": "a", "rejected": "b"}\n{"prompt\n\n[1]\n')
    good, broken, listed = read_pairs([file])
    assert isinstance(good, PreferencePair)
    assert good.where == f"{file}:1"
    assert isinstance(broken, BadRow)
    assert (broken.file, broken.line) == (str(file), 2)
    assert listed == BadRow(str(file), 4, "a row must be a JSON object")


@pytest.mark.parametrize("turn", [{"from": [], "value": "x"}, {"from": {}, "value": {}}])
def test_turns_of_sharegpt_with_odd_speakers_are_bad_rows(turn: dict[str, Any]) -> None:
    with pytest.raises(RowError):
        read_pair(PAIRS["llamafactory-sharegpt"] | {"conversations": [turn]})


def test_depth_in_keys_that_nobody_reads_is_no_matter() -> None:
    deep: Any = "x"
    for _ in range(1000):
        deep = [deep]
    assert read_pair(PAIRS["trl"] | {"tools": deep}).chosen == "good"
    with pytest.raises(RowError):
        read_pair({"prompt": deep, "chosen": "good", "rejected": "bad"})


def test_the_source_of_the_prompt() -> None:
    assert read_pair(PAIRS["trl"] | {"source": "dolly"}).source == "dolly"
    assert read_pair(PAIRS["trl"] | {"source": ["x"]}).source is None


def test_a_row_with_several_rejected_answers() -> None:
    row = {"prompt": "Q?", "chosen": "good", "rejected": ["bad", "worse"], "weight": 2}
    found = read_row_pairs(row | {"error_type": ["factual", None], "margin": [1, 2]}, "f:1")
    assert [(p.chosen, p.rejected, p.error_type) for p in found] == [
        ("good", "bad", "factual"),
        ("good", "worse", None),
    ]
    assert [(p.weight, p.margin, p.where) for p in found] == [(2.0, 1.0, "f:1"), (2.0, 2.0, "f:1")]


def test_a_list_that_does_not_fit_the_rejected_answers() -> None:
    row = {"prompt": "Q?", "chosen": "a", "rejected": ["b", "c"], "error_type": ["factual"]}
    with pytest.raises(RowError, match="'error_type' has 1 values for 2 rejected"):
        read_row_pairs(row)
    with pytest.raises(RowError, match="must be a string or a list of messages"):
        read_row_pairs({"prompt": "Q?", "chosen": "good", "rejected": ["bad", 1]})
