"""A row that stands in several files is one row, and counts are of all rows."""

from __future__ import annotations

import json
from pathlib import Path

from report.material import answer, negative, run_files
from running import jsonl
from seapo_cli.engine.tally import Tally
from seapo_cli.report.funnel import drops, stage_of, steps
from seapo_cli.report.inputs import Inputs, read
from seapo_cli.report.listing import listing
from seapo_cli.report.overview import Prices, overview
from seapo_cli.report.rows import Rows
from seapo_cli.report.sections import Table


def funnel(inputs: Inputs) -> dict[str, int]:
    return {step.name: step.count for step in steps(inputs)}


def reasons(inputs: Inputs) -> dict[tuple[str, str], int]:
    return {(drop.stage, drop.reason): drop.count for drop in drops(inputs)}


def test_a_whole_run(tmp_path: Path) -> None:
    found = read(run_files(tmp_path), 100)
    assert funnel(found) == {"prompts": 12, "answers": 12, "negatives": 10, "kept": 9, "pairs": 9}
    assert reasons(found) == {
        ("inject", "no quote fits"): 1,
        ("inject", "declined: It has no tone."): 1,
        ("filter", "check changed"): 1,
    }
    entries = found.rows.entries()
    assert [entry.stage for entry in entries] == ["dropped", *["pair"] * 9, *["failure"] * 2]
    pair = entries[1]
    assert [place.split(":")[0] for place in pair.places] == [
        "negatives.jsonl",
        "kept.jsonl",
        "pairs.jsonl",
    ]
    assert (pair.type, pair.source, pair.id) == ("logical", "quiz", "bee-1")
    assert found.rows.counts("pair", "source") == {"quiz": 9}
    assert found.rows.counts("pair", "type") == {
        "factual": 4,
        "logical": 5,
    }  # trl-chat tells no types


def test_the_order_of_the_files_changes_no_count(tmp_path: Path) -> None:
    files = run_files(tmp_path)
    one, other = read(files, 100), read(files[::-1], 100)
    assert funnel(one) == funnel(other)
    assert {e.key: e.stage for e in one.rows.entries()} == {
        e.key: e.stage for e in other.rows.entries()
    }


def test_tokens_count_once(tmp_path: Path) -> None:
    rows = read(run_files(tmp_path), 100).rows
    made, sampled = rows.tokens["type", "logical"], rows.tokens["sample", ""]
    assert (made.rows, made.prompt, made.completion) == (5, 1000, 150)
    assert (sampled.rows, sampled.prompt) == (12, 600)
    assert rows.tokens["source", "quiz"].rows == 10


def test_of_many_rows_those_of_some_prompts_are_shown_and_all_are_counted() -> None:
    def filled(order: int) -> Rows:
        rows = Rows(20)
        for number in range(400)[::order]:
            for kind in ("factual", "logical"):
                new = {"factual": "eight", "logical": "nine"}[kind]
                rows.add("negative", negative(number, kind, new), "x", number)
        return rows

    rows, other = filled(1), filled(-1)
    entries = rows.entries()
    assert len(rows.seen["negative"]) == 800
    assert 10 < len(entries) <= 20
    assert rows.left_out == 800 - len(entries)
    assert {entry.key for entry in entries} == {entry.key for entry in other.entries()}
    prompts = [entry.drawn for entry in entries]
    assert all(prompts.count(prompt) == 2 for prompt in prompts)


def test_a_prompt_with_more_rows_than_are_shown() -> None:
    rows = Rows(5)
    for number in range(50):
        rows.add("negative", negative(1, new=f"{number}"), "x", number)
    assert len(rows.entries()) == 5


def test_answers_are_not_shown_beside_their_negatives() -> None:
    rows = Rows(10)
    for number in (1, 2):
        rows.add("answer", answer(number), "answers", number)
    rows.add("negative", negative(1), "negatives", 1)
    assert [(e.id, e.stage) for e in rows.entries()] == [("bee-1", "negative"), ("bee-2", "answer")]


def test_groups_of_negatives_are_rows_each() -> None:
    rows = Rows(10)
    group = {"prompt": "How?", "chosen": "So.", "rejected": ["No.", "Not."]}
    group |= {"error_type": ["factual", "logical"], "checks": [{"a": {"verdict": "pass"}}, None]}
    rows.add("pair", group, "x", 1)
    entries = rows.entries()
    assert [(e.bad, e.type) for e in entries] == [("No.", "factual"), ("Not.", "logical")]
    assert [bool(e.checks) for e in entries] == [True, False]


def test_margins_are_columns_scores_or_judged() -> None:
    rows = Rows(10)
    judged = {"judge": {"verdict": "pass", "value": {"margin": 1.5}}}
    rewarded = judged | {"reward": {"verdict": "pass", "value": {"margin": 7}}}
    more = [{"margin": 2}, {"score_chosen": 9, "score_rejected": 4.5}, {"checks": judged}, {}]
    more.append({"checks": rewarded})
    for number, keys in enumerate(more):
        data = {"prompt": f"{number}", "chosen": "So.", "rejected": "No.", **keys}
        rows.add("pair", data, "x", number)
    assert [entry.margin for entry in rows.entries()] == [2.0, 4.5, 1.5, None, 7.0]


def test_summaries_tell_what_rows_do_not() -> None:
    common = Tally().summary()
    found = Inputs(Rows(10))
    found.summaries = {
        "a": common | {"rows_in": 100, "rows_out": 90, "rows_failed": 10},
        "b": common
        | {"rows_in": 90, "rows_out": 80, "rows_failed": 4}
        | {"types": {"factual": {"made": 80, "type_does_not_fit": 5, "answer_is_wrong": 1}}},
        "c": common
        | {"rows_in": 80, "rows_out": 60, "types": {}}
        | {
            "checks": {"length": {"rejected": 15}, "echo": {"rejected": 5}, "form": {"rejected": 0}}
        },
        "d": common
        | {"rows_in": 60, "rows_out": 40, "prompts": 50, "prompts_without_pair": 2}
        | {"pairs": 40, "evaluation_pairs": 6, "contaminated_prompts": 1},
    }
    assert list(map(stage_of, found.summaries.values())) == ["sample", "inject", "filter", "pair"]
    assert funnel(found) == {
        "prompts": 100,
        "answers": 90,
        "negatives": 80,
        "kept": 60,
        "pairs": 40,
    }
    assert reasons(found) == {
        ("sample", "failed"): 10,
        ("inject", "failed"): 4,
        ("inject", "declined: type does not fit"): 5,
        ("inject", "declined: answer is wrong"): 1,
        ("filter", "check length"): 15,
        ("filter", "check echo"): 5,
        ("pair", "prompts in an evaluation set"): 1,
        ("pair", "prompts without two answers to tell apart"): 2,
        ("pair", "pairs held out for evaluation"): 6,
        ("pair", "rows not drawn for a pair"): 14,
    }


def test_what_people_said(tmp_path: Path) -> None:
    rows = [negative(number, ("factual", "logical")[number % 2]) for number in range(6)]
    reviewed = [dict(row) for row in rows]
    said = ("accepted", "refused", "accepted", "undecided")
    for row, verdict in zip(reviewed[:4], said, strict=True):
        row["review"] = {"verdict": verdict, "worse": 2, "reviewers": 3, "type": "logical"}
        row["review"] |= {"believable": 3.5, "comments": ["<b>plain</b> to see", 7]}
    reviewed[4]["review"] = {"verdict": ["accepted"]}  # not of seapo's
    reviewed[5]["review"] = "fine"
    for name, some in (("negatives.jsonl", rows), ("reviewed.jsonl", reviewed)):
        (tmp_path / name).write_bytes(jsonl(some))
    files = [str(tmp_path / name) for name in ("negatives.jsonl", "reviewed.jsonl")]
    for names in (files, files[::-1]):
        found = read(names, 100)
        assert found.rows.reviews() == {
            "factual": {"accepted": 2},
            "logical": {"refused": 1, "undecided": 1},
        }
        parts = overview(found, [], Prices()).parts
        (table,) = (part for part in parts if part.title == "Reviewed rows")
        assert isinstance(table, Table)
        assert list(table.rows[0]) == ["all", "2", "1", "1", "50.0%"]
        listed = json.loads(listing([(one, None) for one in found.rows.entries()]))
        verdicts = [listed["reviews"][row[-1]] for row in listed["rows"]]
        assert verdicts == ["accepted", "refused", "accepted", "undecided", *["not reviewed"] * 2]
        facts = dict(listed["rows"][0][10])
        assert facts["reviewers"] == "2 of 3 say that it is worse"
        assert facts["comments"] == "<b>plain</b> to see"
