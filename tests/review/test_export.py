"""Rows to files that the reviewing tools import."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from report.material import HOSTILE, negative
from review.material import hostile_rows, read
from running import jsonl
from seapo_cli.exceptions import RowError, SeapoError, UsageError
from seapo_cli.options import ReviewExportSettings
from seapo_cli.review.export import Exported, export
from seapo_cli.review.item import read_item
from seapo_cli.rows import Keys, read_row
from tool_rows import example_rows

Data = dict[str, Any]


def exported(folder: Path, rows: list[Data], tool: str, **options: Any) -> Exported:
    file = folder / "rows.jsonl"
    file.write_bytes(jsonl(rows))
    settings = ReviewExportSettings(to=tool, output=folder / "out", **options)
    return export(str(file), Keys(), settings)


def records(folder: Path) -> list[Data]:
    found: list[Data] = read(folder / "out" / "records.json")
    return found


def tasks(folder: Path) -> list[Data]:
    found: list[Data] = read(folder / "out" / "tasks.json")
    return found


def test_the_mistake_is_marked_on_both_sides(tmp_path: Path) -> None:
    exported(tmp_path, [negative(1)], "label-studio")
    (task,) = tasks(tmp_path)
    assert task["data"]["changes"] == "- six\n+ eight"
    marks = {one["from_name"]: one for one in task["predictions"][0]["result"]}
    for name, side, word in (("original", "chosen", "six"), ("mistake", "rejected", "eight")):
        value = marks[name]["value"]
        assert marks[name]["to_name"] == side
        assert value["text"] == word == task["data"][side][value["start"] : value["end"]]


def test_a_removed_passage_is_marked_where_it_was(tmp_path: Path) -> None:
    row = negative(1, new="")
    exported(tmp_path, [row], "label-studio")
    (one,) = tasks(tmp_path)[0]["predictions"][0]["result"]
    assert (one["from_name"], one["value"]["text"]) == ("original", "six")


def test_the_claimed_type_is_offered_but_not_told(tmp_path: Path) -> None:
    exported(tmp_path, [negative(1, kind="homemade")], "argilla")
    settings = read(tmp_path / "out" / ".argilla" / "settings.json")
    (question,) = [one for one in settings["questions"] if one["name"] == "type"]
    offered = [option["value"] for option in question["settings"]["options"]]
    assert offered[0] == "homemade"
    assert {"factual", "logical", "none of these"} <= set(offered)
    assert "homemade" not in str(records(tmp_path))


@pytest.mark.parametrize("tool", ["argilla", "label-studio"])
def test_hostile_text_stays_text(tmp_path: Path, tool: str) -> None:
    rows = hostile_rows()
    exported(tmp_path, rows, tool)
    shown = records(tmp_path) if tool == "argilla" else tasks(tmp_path)
    fields = [one["fields"] if tool == "argilla" else one["data"] for one in shown]
    assert len(fields) == len(rows) == len(HOSTILE)
    for row, found in zip(rows, fields, strict=True):
        assert found["rejected"] == row["negative"].replace("\0", "\ufffd")
    if tool == "argilla":
        settings = read(tmp_path / "out" / ".argilla" / "settings.json")
        texts = [one["settings"] for one in settings["fields"]]
        assert texts == [{"type": "text", "use_markdown": False}] * 4
    else:
        view = ElementTree.parse(tmp_path / "out" / "config.xml").getroot()
        assert {one.tag for one in view.iter()}.isdisjoint({"HyperText", "script", "img"})
        assert {one.get("valueType") for one in view.iter("Text")} == {"text"}


def test_spans_count_as_the_tool_does(tmp_path: Path) -> None:
    row = negative(1)
    for side in ("response", "negative"):
        row[side] = f"\U0001f41d\U0001f41d {row[side]}"
    row["error"]["edits"] = []
    start = row["negative"].index("eight")
    exported(tmp_path, [row], "label-studio")
    assert tasks(tmp_path)[0]["predictions"][0]["result"][1]["value"]["start"] == start
    (tmp_path / "out").rename(tmp_path / "first")
    exported(tmp_path, [row], "argilla")
    (mark,) = records(tmp_path)[0]["suggestions"]["mistake"]["value"]
    assert (mark["start"], mark["end"]) == (start + 2, start + 2 + len("eight"))


def test_a_span_that_argilla_would_refuse_is_left_out(tmp_path: Path) -> None:
    row = {"prompt": "Legs?", "response": "\U0001f41d six", "negative": "\U0001f41d eight"}
    exported(tmp_path, [row], "argilla")
    (record,) = records(tmp_path)
    assert record["suggestions"] == {}
    assert record["fields"]["changes"] == "- six\n+ eight"


def test_a_conversation_with_tools_is_shown_whole() -> None:
    row = example_rows()[0] | {"system": "Be brief."}
    row["negative"] = [{"role": "assistant", "content": "I will not look."}]
    item = read_item(read_row(row), Keys())
    assert item.fields["prompt"].startswith("[system]\nBe brief.\n\n[user]\n")
    assert "[tools]" in item.fields["prompt"]
    assert '"name"' in item.fields["chosen"]


def test_a_row_has_one_key_in_every_format() -> None:
    row = negative(1)
    chat = {
        "prompt": [{"role": "user", "content": row["prompt"]}],
        "chosen": [{"role": "assistant", "content": row["response"]}],
        "rejected": [{"role": "assistant", "content": row["negative"]}],
    }
    both = [read_item(read_row(one), Keys()) for one in (row, chat)]
    assert both[0].key == both[1].key
    other = read_item(read_row(negative(1, new="nine")), Keys())
    assert other.key != both[0].key
    assert other.id == both[0].id


def test_what_cannot_be_judged_says_why() -> None:
    grouped = {"prompt": "p", "chosen": "a", "rejected": ["b", "c"]}
    with pytest.raises(RowError, match="before `seapo pair --group`"):
        read_item(read_row(grouped), Keys())
    with pytest.raises(RowError, match="the same"):
        read_item(read_row({"prompt": "p", "chosen": "a", "rejected": "a"}), Keys())


def test_repeated_rows_are_shown_once_and_a_sample_is_drawn_by_hash(tmp_path: Path) -> None:
    rows = [negative(n) for n in range(20)]
    found = exported(tmp_path, [*rows, rows[3]], "argilla", max_rows=5)
    assert (found.written, found.left_out, found.repeated) == (5, 15, 1)
    (tmp_path / "out").rename(tmp_path / "first")
    exported(tmp_path, rows[::-1], "argilla", max_rows=5)
    first = [one["id"] for one in read(tmp_path / "first" / "records.json")]
    assert first == [one["id"] for one in records(tmp_path)][::-1]


def test_no_folder_is_overwritten_and_none_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "records.json").write_text("reviewed")
    with pytest.raises(UsageError, match="not empty"):
        exported(tmp_path, [negative(1)], "argilla")
    assert (tmp_path / "out" / "records.json").read_text() == "reviewed"
    (tmp_path / "out" / "records.json").unlink()
    with pytest.raises(SeapoError, match=r"no row to review: .*rows.jsonl:1: no prompt"):
        exported(tmp_path, [{"a": 1}], "argilla")
    assert not list((tmp_path / "out").iterdir())
