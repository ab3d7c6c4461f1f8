"""Exports of both tools back into rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from report.material import negative
from review.material import Given, annotated, read, responded
from running import jsonl
from seapo_cli.engine.pipeline import finished
from seapo_cli.exceptions import UsageError
from seapo_cli.options import ReviewExportSettings
from seapo_cli.options.review import Keep
from seapo_cli.review.answers import Answer, read_answers
from seapo_cli.review.export import export
from seapo_cli.review.stage import Review
from seapo_cli.review.verdict import Agreement, majority_type, verdict_of
from seapo_cli.rows import Keys, read_row

Data = dict[str, Any]
GIVEN: Given = {
    "bee-0": [("yes", "factual", 4), ("yes", "factual", 5), ("no", "logical", 2)],
    "bee-1": [("no", None, None)],
    "bee-2": [("yes", "style", 1), ("no", "factual", None)],
}


def reviewed(folder: Path, tool: str, rows: list[Data], given: Given = GIVEN) -> str:
    """Export rows, answer for the reviewers, and return the file that the tool would write."""
    (folder / "rows.jsonl").write_bytes(jsonl(rows))
    settings = ReviewExportSettings(to=tool, output=folder / tool)
    export(str(folder / "rows.jsonl"), Keys(), settings)
    argilla = tool == "argilla"
    shown = read(folder / tool / ("records.json" if argilla else "tasks.json"))
    file = folder / f"{tool}.json"
    file.write_text(json.dumps((responded if argilla else annotated)(shown, given)))
    return str(file)


def imported(file: str, rows: list[Data], keep: Keep = "all") -> tuple[list[Data], list[Data], Any]:
    """Rows that are kept, rows that are not, and the summary."""
    stage = Review(read_answers(file), keep, Keys())
    outcomes = [finished(stage.process(read_row(row), None)) for row in rows]
    kept = [row for outcome in outcomes for row in outcome.rows]
    return kept, [row for o in outcomes for row in o.rejected], stage.summary()["reviews"]


@pytest.mark.parametrize("tool", ["argilla", "label-studio"])
def test_there_and_back(tmp_path: Path, tool: str) -> None:
    rows = [negative(n) for n in range(4)]
    file = reviewed(tmp_path, tool, rows)
    kept, dropped, told = imported(file, rows[::-1])  # the order does not matter
    assert not dropped
    reviews = {row["id"]: row.get("review") for row in kept}
    assert reviews["bee-3"] is None
    comments = ["I say yes.", "I say yes.", "I say no."] if tool == "label-studio" else []
    assert reviews["bee-0"] == {
        "verdict": "accepted",
        "worse": 2,
        "reviewers": 3,
        "type": "factual",
        "believable": 3.67,
        "comments": comments,
    }
    assert (reviews["bee-1"]["verdict"], reviews["bee-1"]["believable"]) == ("refused", None)
    assert (reviews["bee-2"]["verdict"], reviews["bee-2"]["type"]) == ("undecided", None)
    assert told == {
        "accepted": 1,
        "refused": 1,
        "undecided": 1,
        "not_reviewed": 1,
        "not_in_the_rows": 0,
        "foreign": 0,
        "reviewers": 3,
        "agreement": {"pairs": 4, "worse": 0.25, "type": 0.25},
        "type_confirmed": 1.0,
        "believable": 2.33,
        "types": {"factual": {"accepted": 1, "refused": 1, "undecided": 1}},
    }


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("all", [0, 1, 2, 3]), ("unrefused", [0, 3]), ("accepted", [0])],
)
def test_what_is_kept(tmp_path: Path, keep: Keep, kept: list[int]) -> None:
    rows = [negative(n) for n in range(4)]
    found, dropped, _ = imported(reviewed(tmp_path, "argilla", rows), rows, keep)
    assert [row["id"] for row in found] == [f"bee-{n}" for n in kept]
    assert len(found) + len(dropped) == len(rows)


def test_reviewed_rows_that_are_not_in_the_input_are_counted(tmp_path: Path) -> None:
    rows = [negative(n) for n in range(4)]
    file = reviewed(tmp_path, "label-studio", rows)
    changed = rows[1] | {"negative": f"{rows[1]['negative']}!"}
    kept, _, told = imported(file, [rows[0], changed])
    assert (told["accepted"], told["not_reviewed"], told["not_in_the_rows"]) == (1, 1, 2)
    assert "review" not in kept[1]


def test_reviews_of_negatives_fit_the_pairs_made_of_them(tmp_path: Path) -> None:
    rows = [negative(n) for n in range(3)]
    file = reviewed(tmp_path, "argilla", rows)
    pairs = [
        {"prompt": row["prompt"], "chosen": row["response"], "rejected": row["negative"]}
        for row in rows
    ]
    kept, _, told = imported(file, pairs, "accepted")
    assert (len(kept), told["types"].keys()) == (1, {"untyped"})


def test_skipped_tasks_and_unanswered_questions_do_not_count(tmp_path: Path) -> None:
    rows = [negative(n) for n in range(3)]
    file = Path(reviewed(tmp_path, "label-studio", rows))
    tasks = read(file)
    tasks[0]["annotations"][0]["was_cancelled"] = True
    tasks[1]["annotations"][0]["result"] = []
    tasks[2]["annotations"][0]["completed_by"] = {"id": 7, "email": "ann@example.org"}
    tasks.append(tasks[0] | {"data": {"text": "somebody's own"}})
    file.write_text(json.dumps(tasks))
    kept, _, told = imported(str(file), rows)
    assert [row["review"]["reviewers"] for row in kept if "review" in row] == [2, 2]
    assert told["foreign"] == 1
    assert "ann@example.org" not in json.dumps(kept)


def test_a_folder_of_argilla_is_read(tmp_path: Path) -> None:
    rows = [negative(n) for n in range(3)]
    file = Path(reviewed(tmp_path, "argilla", rows))
    file.replace(tmp_path / "argilla" / "records.json")
    assert imported(str(tmp_path / "argilla"), rows)[2]["accepted"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not valid JSON"),
        (b"PK\x03\x04\xff", "not valid JSON"),
        (b"{}", "not a list of reviewed rows"),
        (b"[]", "not a list of reviewed rows"),
        (b'[{"id": 1, "worse": "yes", "annotator": 1}]', "not JSON-MIN"),
        (b'[{"data": {"key": "a"}, "annotations": []}]', "nobody has answered yet"),
        (b'[{"id": "a", "fields": {}, "responses": {"worse": 5}}]', "nobody has answered yet"),
        (b'[{"id": "a", "fields": {}, "responses": {"worse": [{}, 1]}}]', "nobody has answered"),
        (b'[{"data": {}, "annotations": [1, {"result": [{"value": 3}]}]}]', "nobody has answered"),
    ],
)
def test_a_bad_export_is_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "export.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=reason) as error:
        read_answers(str(file))
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def answers(*worse: bool, types: str = "") -> Mapping[str, Answer]:
    kinds = types.split() or [None] * len(worse)
    return {
        str(n): Answer(one, kind) for n, (one, kind) in enumerate(zip(worse, kinds, strict=True))
    }


def test_majorities() -> None:
    assert verdict_of(answers(True, True, False).values()) == "accepted"
    assert verdict_of(answers(True, False, False).values()) == "refused"
    assert verdict_of(answers(True, False).values()) == "undecided"
    assert majority_type(answers(True, True, True, types="a b a").values()) == "a"
    assert majority_type(answers(True, True, types="a b").values()) is None


def test_agreement_is_of_pairs_of_reviewers() -> None:
    agreement = Agreement()
    agreement.add(answers(True, True, False, types="a b a").values())
    agreement.add(answers(True).values())
    assert agreement.summary() == {"pairs": 3, "worse": 0.3333, "type": 0.3333}
