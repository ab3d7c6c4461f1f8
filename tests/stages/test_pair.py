"""Which pairs are made of which rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairing.made import TYPES, Data, answers, many, typed
from seapo_cli import pair
from seapo_cli.engine.stage import Failure
from seapo_cli.exceptions import UsageError
from seapo_cli.options import PairSettings

Key = tuple[str, str, str]


def made(rows: list[Data], **chosen: Any) -> list[Data]:
    """Pairs in TRL's format, where no row is bad."""

    def fail(row: Any, failure: Failure) -> None:
        raise AssertionError(f"{row}: {failure}")

    return list(pair(rows, PairSettings.checked(format="trl", **chosen), on_failure=fail))


def keys(pairs: list[Data]) -> list[Key]:
    return [(p["prompt"], p["chosen"], p["rejected"]) for p in pairs]


def kinds(pairs: list[Data]) -> Counter[str]:
    return Counter(p["rejected"].split()[0] for p in pairs)


def test_random_takes_one_type_for_each_answer() -> None:
    pairs = made(many(300))
    assert [p["prompt"] for p in pairs] == [f"What is number {n:03}?" for n in range(300)]
    assert all(70 < count < 130 for count in kinds(pairs).values())
    assert len(kinds(pairs)) == 3
    assert keys(made(many(300))) == keys(pairs)
    assert keys(made(many(300), seed=1)) != keys(pairs)


CHOICES: list[dict[str, Any]] = [
    {},
    {"strategy": "all"},
    {"strategy": "hardest"},
    {"mix": {"factual": 0.5, "logical": 0.3, "hallucination": 0.2}},
    {"mix": {"factual": 0.5, "logical": 0.5}, "strategy": "hardest"},
    {"balance": "type"},
    {"strategy": "all", "per_prompt": 2},
    {"max_pairs": 7},
    {"strategy": "all", "mix": {"factual": 0.9, "logical": 0.1}, "max_pairs": 10},
    {"order": "easy-to-hard"},
]


@pytest.mark.parametrize("chosen", CHOICES, ids=str)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_reordered_input_gives_the_same_pairs(chosen: dict[str, Any], data: st.DataObject) -> None:
    rows = [r for n in range(12) for a in ("good", "fine") for r in typed(n, TYPES[: 1 + n % 3], a)]
    shuffled = data.draw(st.permutations(rows))
    assert sorted(keys(made(shuffled, **chosen))) == sorted(keys(made(rows, **chosen)))


@pytest.mark.parametrize("strategy", ["random", "all", "hardest"])
def test_another_prompt_leaves_the_others_alone(strategy: str) -> None:
    before, after = (keys(made(many(n), strategy=strategy)) for n in (20, 21))
    assert after[: len(before)] == before


def test_all_takes_each_negative_once() -> None:
    rows = typed(1) + typed(1)
    assert kinds(made(rows, strategy="all")) == dict.fromkeys(TYPES, 1)


def test_one_negative_under_two_types_has_the_same_one_in_any_order() -> None:
    rows = [row | {"negative": "the same"} for row in typed(1)]
    chosen = PairSettings(strategy="all", provenance=True)
    for order in (rows, rows[::-1]):
        assert [made["error_type"] for made in pair(order, chosen)] == ["factual"]


def test_rows_of_a_prompt_that_stand_apart_are_one_group() -> None:
    rows = many(50)
    apart = [row for kind in range(3) for row in rows[kind::3]]
    assert keys(made(apart)) == keys(made(rows))


def test_one_user_turn_is_the_same_prompt_as_a_string() -> None:
    first, second = typed(1)[:2]
    second["prompt"] = [{"role": "user", "content": first["prompt"]}]
    assert len(made([first, second])) == 1


@pytest.mark.parametrize("strategy", ["random", "hardest"])
def test_mix_is_exact(strategy: str) -> None:
    mix = {"factual": 0.5, "logical": 0.3, "hallucination": 0.2}
    pairs = made(many(97), strategy=strategy, mix=mix)
    assert kinds(pairs) == {"factual": 49, "logical": 29, "hallucination": 19}
    assert len({p["prompt"] for p in pairs}) == 97


def test_mix_uses_prompts_whose_only_type_is_scarce() -> None:
    rows = many(90, ["factual"]) + [r for n in range(100, 110) for r in typed(n)]
    pairs = made(rows, mix={"factual": 0.9, "logical": 0.1})
    assert kinds(pairs) == {"factual": 90, "logical": 10}


def test_mix_takes_aliases() -> None:
    assert kinds(made(many(10), mix={"correctness": 0.5, "logic": 0.5})) == {
        "factual": 5,
        "logical": 5,
    }


def test_balance_drops_what_is_too_much() -> None:
    rows = many(30, ["factual"]) + [r for n in range(40, 45) for r in typed(n, ["logical"])]
    assert kinds(made(rows, balance="type")) == {"factual": 5, "logical": 5}


def test_caps() -> None:
    rows = [r for n in range(20) for answer in "abcd" for r in typed(n, answer=answer)]
    assert Counter(p["prompt"] for p in made(rows, per_prompt=2)).most_common(1)[0][1] == 2
    assert len(made(rows, per_prompt=2, max_pairs=11)) == 11
    few, more = (set(keys(made(rows, max_pairs=count))) for count in (10, 20))
    assert few < more


def test_hardest_is_the_closest() -> None:
    near = typed(1)[0] | {"negative": "good answer to 002"}
    assert [p["rejected"] for p in made([*typed(1), near], strategy="hardest")] == [
        near["negative"]
    ]


def test_hardest_by_plausibility() -> None:
    values = (-3.0, -0.5, -2.0)
    rows = [
        row | {"checks": {"plausibility": {"value": value, "verdict": "pass"}}}
        for row, value in zip(typed(1), values, strict=True)
    ]
    pairs = made(rows, strategy="hardest", closeness="plausibility")
    assert kinds(pairs) == {"logical": 1}
    ordered = made(rows, strategy="all", order="easy-to-hard", closeness="plausibility")
    assert list(kinds(ordered)) == ["factual", "hallucination", "logical"]


def test_easy_to_hard_goes_over_all_prompts() -> None:
    rows = [typed(n)[0] | {"negative": "good answer to 000"[: 3 + n]} for n in (9, 2, 5)]
    pairs = made(rows, order="easy-to-hard")
    assert [p["prompt"][-4:-1] for p in pairs] == ["002", "005", "009"]


def test_best_of_n_by_score() -> None:
    rows = typed(1, answer="fine", score=0.2) + typed(1, score=0.9)
    pairs = made(rows, positive="score", strategy="all")
    assert {p["chosen"] for p in pairs} == {"good answer to 001"}
    assert len(pairs) == 3


def test_best_of_n_by_nested_score_and_by_log_probability() -> None:
    def sampled(total: float, tokens: int) -> Data:
        return {"logprob": {"sum": total, "tokens": tokens}}

    rows = typed(1, answer="fine", sample=sampled(-10.0, 5)) + typed(1, sample=sampled(-15.0, 10))
    assert made(rows, positive="logprob")[0]["chosen"] == "good answer to 001"
    chosen = made(rows, positive="score", score_key="sample.logprob.sum")[0]["chosen"]
    assert chosen == "fine answer to 001"


def test_vanilla_is_the_best_answer_against_the_worst() -> None:
    rows = answers(1, [0.5, 0.1, 0.9]) + answers(2, [0.5, 0.5]) + answers(3, [0.5])
    pairs = made(rows, strategy="vanilla", positive="score")
    assert keys(pairs) == [("What is 1?", "answer 0.9", "answer 0.1")]


def test_eval_split_shares_no_prompt() -> None:
    rows = [r for n in range(400) for a in ("good", "fine") for r in typed(n, answer=a)]
    rows += [row | {"prompt": row["prompt"].upper()} for row in rows]
    evaluation: list[Data] = []
    chosen = PairSettings(format="trl", eval_split=0.1, mix={"factual": 1, "logical": 1})
    train = list(pair(rows, chosen, on_evaluation=evaluation.append))
    sides = [{p["prompt"].casefold() for p in side} for side in (train, evaluation)]
    assert not sides[0] & sides[1]
    assert 20 < len(sides[1]) < 60
    assert kinds(train)["factual"] == kinds(train)["logical"]


def test_a_prompt_stays_on_its_side_when_others_come() -> None:
    def evaluation(rows: list[Data]) -> set[str]:
        found: list[Data] = []
        list(pair(rows, PairSettings(eval_split=0.2), on_evaluation=found.append))
        return {json.dumps(row["prompt"]) for row in found}

    assert evaluation(many(100)) < evaluation(many(300))


def test_eval_split_needs_somebody_to_take_the_rows() -> None:
    with pytest.raises(UsageError, match="on_evaluation"):
        next(pair(many(1), PairSettings(eval_split=0.2)))


LONG = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen"


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        (f"So: {LONG.upper()}, and so on", False),
        (LONG.replace("One", "1"), False),
        (LONG.replace("seven", "7"), True),
        ("what is the  capital of France", False),
        ("What is the capital of France and of Spain?", True),
        ("请问：中国的首都是哪里？它有多少人口？谢谢", False),
        ("?!", True),
    ],
)
def test_decontaminate(tmp_path: Path, prompt: str, kept: bool) -> None:
    file = tmp_path / "eval.jsonl"
    texts = [{"question": LONG}, {"turns": ["What is the capital of France?"], "x": ""}]
    texts.append({"question": "中国的首都是哪里？它有多少人口？"})
    file.write_text("\n".join(map(json.dumps, texts)))
    rows = [row | {"prompt": prompt} for row in typed(1)]
    assert bool(made(rows, decontaminate=(file,))) is kept


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "x", "response": "y"}, "no negative"),
        ({"prompt": "x", "negative": "y"}, "no good answer"),
        ({"prompt": "x", "response": "y", "negative": "y"}, "nothing to prefer"),
        ({"prompt": "x", "response": "y", "negative": " "}, "negative is empty"),
        (
            {"prompt": [{"role": "system", "content": "x"}, {"role": "user", "content": "x"}]}
            | {"response": "y", "negative": "z"},
            "trl-chat",
        ),
    ],
)
def test_bad_rows_are_told(row: Data, reason: str) -> None:
    failures: list[str] = []
    chosen = PairSettings(format="trl")
    found = pair([row, *typed(1)], chosen, on_failure=lambda _, why: failures.append(why.reason))
    assert len(list(found)) == 1
    assert len(failures) == 1
    assert reason in failures[0]


@pytest.mark.parametrize(
    "chosen",
    [
        {"strategy": "vanilla"},
        {"strategy": "vanilla", "positive": "score", "balance": "type"},
        {"mix": {"factual": 1}, "balance": "type"},
        {"mix": {"factual": -1}},
        {"mix": {"factual": float("nan")}},
        {"strategy": "vanilla", "positive": "score", "closeness": "plausibility"},
        {"eval_split": 1.0},
        {"per_prompt": 0},
    ],
    ids=str,
)
def test_settings_that_contradict_each_other(chosen: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        PairSettings.checked(**chosen)


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match="trl-chat"):
        next(pair(many(1), PairSettings(format="csv")))


def uneven(prompt: int, *lengths: int, kind: str = "factual") -> list[Data]:
    """Negatives that are so much longer than the answer (or shorter)."""
    return [
        {
            "prompt": f"What is {prompt}?",
            "response": "a" * 20,
            "negative": f"{n}".ljust(20 + length, "b"),
            "error": {"type": kind},
        }
        for n, length in enumerate(lengths)
    ]


def shorter_by_type(pairs: list[Data]) -> dict[str, tuple[int, int, int]]:
    """By type: pairs whose chosen side is shorter, longer, as long."""
    found: dict[str, list[int]] = {}
    for one in pairs:
        counts = found.setdefault(one["error_type"], [0, 0, 0])
        difference = len(one["rejected"]) - len(one["chosen"])
        counts[0 if difference > 0 else 1 if difference < 0 else 2] += 1
    return {kind: (n[0], n[1], n[2]) for kind, n in found.items()}


@pytest.mark.parametrize("strategy", ["random", "all", "hardest"])
def test_balance_length_is_half_of_each_type(strategy: str) -> None:
    rows = [row for n in range(12) for row in uneven(n, 5)]
    rows += [row for n in range(20, 24) for row in uneven(n, -5)]
    rows += uneven(30, 0)
    rows += [row for n in range(40, 43) for row in uneven(n, -3, kind="logical")]
    rows += uneven(50, 9, kind="logical")
    pairs = made(rows, balance="length", strategy=strategy, provenance=True)
    assert shorter_by_type(pairs) == {"factual": (4, 4, 1), "logical": (1, 1, 0)}


def test_balance_length_takes_the_negative_that_is_missing() -> None:
    """Six answers with a longer negative only, six with both: no pair need be left out."""
    rows = [row for n in range(6) for row in uneven(n, 4)]
    rows += [row for n in range(6, 12) for row in uneven(n, 4, -4)]
    pairs = made(rows, balance="length", provenance=True)
    assert shorter_by_type(pairs) == {"factual": (6, 6, 0)}
    assert len({one["prompt"] for one in pairs}) == 12


def test_balance_length_holds_with_fewer_pairs() -> None:
    rows = [row for n in range(40) for row in uneven(n, 5 if n % 2 else -5)]
    rows += [row for n in range(40, 60) for row in uneven(n, 5 if n % 2 else -5, kind="logical")]
    pairs = made(rows, balance="length", max_pairs=30, provenance=True)
    assert shorter_by_type(pairs) == {"factual": (10, 10, 0), "logical": (5, 5, 0)}


def test_group_writes_one_row_for_each_answer() -> None:
    rows = [*typed(1), *typed(1, TYPES[:1], "fine"), *typed(2)]
    found = list(pair(rows, PairSettings.checked(strategy="all", group=True)))
    assert [(row["prompt"][-4:], row["chosen"][:4]) for row in found] == [
        ("001?", "good"),
        ("001?", "fine"),
        ("002?", "good"),
    ]
    assert found[0]["error_type"] == ["factual", "logical", "hallucination"]
    plain = keys(made(rows, strategy="all"))
    assert [(r["prompt"], r["chosen"], bad) for r in found for bad in r["rejected"]] == plain


def test_group_keeps_what_is_known_of_each_negative() -> None:
    rows = typed(1, checks={"changed": {"verdict": "pass"}})
    settings = PairSettings.checked(strategy="all", group=True, provenance=True, max_pairs=2)
    (found,) = pair(rows, settings)
    assert found["id"] == "row-1"
    assert [error["type"] for error in found["error"]] == found["error_type"]
    assert len(found["checks"]) == len(found["rejected"]) == 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "--group needs --strategy all"),
        ({"strategy": "all", "format": "trl"}, "--group has a format of its own"),
    ],
)
def test_group_refuses_what_does_not_go_with_it(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        PairSettings.checked(group=True, **values)


def test_groups_go_from_easy_to_hard() -> None:
    rows = [*typed(1), *typed(2, answer="a factual mistake in the good")]
    for order in (rows, rows[::-1]):
        values = {"strategy": "all", "group": True, "order": "easy-to-hard"}
        found = list(pair(order, PairSettings.checked(**values)))
        assert [row["prompt"][-4:] for row in found] == ["001?", "002?"]


EDITED = {
    "prompt": "When?",
    "response": "In 1990, or so.",
    "negative": "In 19, or so, then.",
    "error": {
        "type": "factual",
        "edits": [
            {"start": 5, "end": 7, "original": "90", "replacement": ""},
            {"start": 14, "end": 14, "original": "", "replacement": ", then"},
        ],
    },
}


def test_spans_are_those_of_the_edits() -> None:
    (found,) = made([EDITED], spans=True)
    assert list(found["chosen_spans"]) == [(5, 7), (14, 14)]
    assert list(found["rejected_spans"]) == [(5, 5), (12, 18)]


def test_spans_are_found_where_the_edits_do_not_tell() -> None:
    (found,) = made([EDITED | {"error": {"type": "factual", "edits": []}}], spans=True)
    assert found["chosen_spans"][0] == (3, 7)  # word by word
    values = {"strategy": "all", "group": True, "spans": True}
    more = EDITED | {"negative": "In 1991, or so."}
    (group,) = pair([EDITED, more], PairSettings.checked(**values))
    assert [len(spans) for spans in group["rejected_spans"]] == [2, 1]


def test_unpaired_formats_have_no_spans() -> None:
    with pytest.raises(UsageError, match="--spans needs a format of pairs"):
        list(pair([EDITED], PairSettings.checked(format="trl-kto", spans=True)))
