"""Files are told apart by what they hold, whatever their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from report.material import (
    answer,
    audit_document,
    checked,
    failure,
    metrics,
    negative,
    results,
    write_json,
)
from running import jsonl
from seapo_cli import pair
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import UsageError
from seapo_cli.formats import FORMATS
from seapo_cli.options import PairSettings
from seapo_cli.report.inputs import read
from seapo_cli.report.kinds import kind_of

TURNS = [{"role": "user", "content": "How?"}, {"role": "assistant", "content": "So."}]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"prompt": "How?"}, "prompt"),
        ({"instruction": "How?", "input": "", "response": None}, "prompt"),
        ({"messages": TURNS[:1]}, "prompt"),
        ({"messages": TURNS}, "answer"),
        (
            {"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "!"}]},
            "answer",
        ),
        (answer(1), "answer"),
        (negative(1), "negative"),
        (failure(1), "failure"),
        (metrics()[0], "metrics"),
        (metrics()[1], "metrics"),
        (results()[0], "result"),
        (audit_document(), "audit"),
        (Tally().summary(), "summary"),
        (Tally().summary() | {"pairs": 3, "parts": []}, "summary"),
        ({"text": "x"}, None),
        ({"step": 3, "note": "x"}, None),
        ([], None),
        ("text", None),
        ({}, None),
    ],
)
def test_kinds(data: Any, kind: str | None) -> None:
    assert kind_of(data) == kind


def test_rows_of_filter() -> None:
    unchanged = negative(2) | {"negative": answer(2)["response"]}
    kept, dropped = checked([negative(1), unchanged])
    assert [kind_of(row) for row in kept + dropped] == ["kept", "dropped"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_pair_is_pairs(name: str, tmp_path: Path) -> None:
    rows = list(pair([negative(1)], PairSettings(format=name, provenance=True)))
    (tmp_path / "x").write_bytes(jsonl(rows))
    found = read([str(tmp_path / "x")], 10)
    assert (found.files[0].counts["pair"], found.faults.count) == (len(rows), 0)
    entries = found.rows.entries()
    assert answer(1)["response"] in [entry.good for entry in entries]
    assert {entry.type for entry in entries} == {"factual"}


def test_documents_over_several_lines_and_in_one(tmp_path: Path) -> None:
    long = write_json(tmp_path / "long", audit_document())
    (tmp_path / "short").write_bytes(jsonl([audit_document()]))
    found = read([long, str(tmp_path / "short")], 10)
    assert list(found.audits.values()) == [audit_document()] * 2
    assert [file.told for file in found.files] == ["1 audit"] * 2


def test_an_unknown_file_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_bytes(jsonl([{"text": "x", "title\x1b": "y"}] * 3))
    with pytest.raises(UsageError, match=r"notes\.jsonl: nothing that a report can show") as caught:
        read([str(file)], 10)
    assert "'text', 'title\\x1b'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_lines_cost_themselves_only(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    odd = [{"prompt": ["x"], "response": "y"}, {"text": "x"}]
    file.write_bytes(jsonl([answer(1)]) + b"nonsense\n" + jsonl(odd))
    found = read([str(file)], 10)
    assert (found.faults.count, found.files[0].told) == (3, "1 answer, 3 lines that cannot be read")
    places = [reason.split(": ")[0] for reason in found.faults.shown]
    assert places == [f"{file}:{n}" for n in (2, 3, 4)]


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "dropped.jsonl").touch()
    assert read([str(tmp_path / "dropped.jsonl")], 10).files[0].told == "empty"
