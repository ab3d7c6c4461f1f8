"""Pairs to a folder for the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from report.material import HOSTILE, audit_document, negative, run_files, write_json
from running import jsonl
from seapo_cli import pair
from seapo_cli.exceptions import UsageError
from seapo_cli.hub.card import MARK
from seapo_cli.hub.data import read_splits
from seapo_cli.hub.folder import write_folder
from seapo_cli.options import PairSettings, PushSettings

Data = dict[str, Any]


def pushed(folder: Path, rows: list[Data], **options: Any) -> str:
    """Push rows; returns the card."""
    (folder / "rows.jsonl").write_bytes(jsonl(rows))
    inputs = options.pop("inputs", (str(folder / "rows.jsonl"),))
    write_folder(PushSettings(inputs=inputs, to=folder / "hub", **options))
    return (folder / "hub" / "README.md").read_text()


def meta(card: str) -> Data:
    found: Data = yaml.safe_load(card.split("---\n")[1])
    return found


def published(folder: Path, split: str = "train") -> list[Data]:
    lines = (folder / "hub" / "data" / f"{split}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_the_card_tells_a_whole_run(tmp_path: Path) -> None:
    names = run_files(tmp_path)
    files = {Path(name).stem: name for name in names}
    about = [files[name] for name in ("prompts", "answers", "errors", "kept", "dropped")]
    about.append(write_json(tmp_path / "audit.json", audit_document()))
    card = pushed(
        tmp_path,
        list(pair([negative(40)], PairSettings(format="trl-chat", provenance=True))),
        inputs=(files["pairs"], f"test={tmp_path / 'rows.jsonl'}"),
        about=tuple(about),
        license="cc-by-4.0",
        source_licenses=["quiz=mit", "other=cc0-1.0"],
        title="Bees",
    )
    front = meta(card)
    assert (front["license"], front["pretty_name"], front["language"]) == (
        "cc-by-4.0",
        "Bees",
        ["en"],
    )
    assert {"dpo", "preference", "seapo"} <= set(front["tags"])
    (config,) = front["configs"]
    assert [one["split"] for one in config["data_files"]] == ["train", "test"]
    for told in (
        "| train | 9 |",
        "Bee 1 has [-six-]{+eight+} legs",
        "| negatives | 10 |",
        "| filter | check changed | 1 |",
        "| factual |",
        "| chosen | writer | 11 |",
        "| rejected | forger | 11 |",
        "in 77% of 365 pairs (95%: 72% to 81%; by chance 44% to 56%)",
        "| quiz | mit |",
        "| other | cc0-1.0 |",
        "wrong on purpose",
        "arXiv:2509.24781",
    ):
        assert told in card, told
    assert str(tmp_path) not in card


def test_a_licence_that_nobody_names_is_unknown(tmp_path: Path) -> None:
    card = pushed(tmp_path, [negative(1)])
    assert meta(card)["license"] == "unknown"
    assert "is **unknown**" in card
    assert "| quiz | unknown |" in card
    with pytest.raises(UsageError, match="--license My Own: not a name of the hub's"):
        PushSettings(inputs=("a",), to=tmp_path, license="My Own")


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_no_markup_in_the_card(tmp_path: Path, text: str) -> None:
    row = negative(1, kind=f"`` ``` {text[:20]} | # [a](b)")
    row["source"] = f"{text[:60]} | --- |\n# head"
    row["prompt"] = f"{text}\n```\n````\n# Not a heading"
    row["response"], row["negative"] = f"```\n{text} six\n```", f"```\n{text} eight\n```"
    row["error"]["edits"] = []
    card = pushed(tmp_path, [row])
    meta(card)
    heads = [line for line in card.splitlines() if line.startswith("#")]
    fence = next(line for line in card.splitlines() if line.startswith("```")).removesuffix("text")
    assert len(fence) == 5
    inside = card.split(fence)[1]
    assert "# Not a heading" in inside
    assert [head for head in heads if "Not" not in head] == heads[:1] + [
        head for head in heads[1:] if head.startswith("## ")
    ]
    outside = card.replace(inside, "")
    assert "<script" not in outside.replace("\\<", "")
    assert "\x1b" not in card


def test_columns_are_declared_as_their_values_are(tmp_path: Path) -> None:
    rows = [negative(1) | {"score": 1}, negative(2) | {"score": 0.5, "tags": ["a"], "late": True}]
    found = {one["name"]: one for one in meta(pushed(tmp_path, rows))["dataset_info"]["features"]}
    assert found["score"] == {"name": "score", "dtype": "float64"}
    assert found["tags"] == {"name": "tags", "sequence": "string"}
    assert found["late"] == {"name": "late", "dtype": "bool"}
    edits = next(one for one in found["error"]["struct"] if one["name"] == "edits")
    assert [one["name"] for one in edits["list"]] == ["start", "end", "original", "replacement"]


def test_a_column_of_several_types_is_json_in_text(tmp_path: Path) -> None:
    rows = [negative(1) | {"mine": 1}, negative(2) | {"mine": {"a": [1]}}, negative(3)]
    card = pushed(tmp_path, rows)
    assert {"name": "mine", "dtype": "string"} in meta(card)["dataset_info"]["features"]
    assert [row.get("mine") for row in published(tmp_path)] == ["1", '{"a":[1]}', None]


def test_tools_and_arguments_are_json_in_text(tmp_path: Path) -> None:
    call = {"type": "function", "function": {"name": "look", "arguments": {"city": "Lima"}}}
    answer = {"role": "assistant", "content": "", "tool_calls": [call]}
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "look", "parameters": schema}}]
    row = {"prompt": "Rain?", "chosen": [answer], "rejected": "No.", "tools": tools}
    pushed(tmp_path, [row])
    (found,) = published(tmp_path)
    assert json.loads(found["tools"]) == tools
    arguments = found["chosen"][0]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"city": "Lima"}


def test_rows_of_two_formats_are_refused(tmp_path: Path) -> None:
    rows = list(pair([negative(1)], PairSettings(format="trl")))
    rows += pair([negative(2)], PairSettings(format="trl-chat"))
    with pytest.raises(UsageError, match="a string in one place and a list in another"):
        pushed(tmp_path, rows)
    assert not (tmp_path / "hub").exists()


def test_nothing_foreign_is_overwritten(tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    (hub / "data").mkdir(parents=True)
    (hub / "data" / "train.jsonl").write_text("mine")
    with pytest.raises(UsageError, match=r"train\.jsonl: not written by seapo push"):
        pushed(tmp_path, [negative(1)])
    (hub / "data" / "train.jsonl").unlink()
    (hub / "README.md").write_text("# Mine\n")
    with pytest.raises(UsageError, match=r"README\.md: not written by seapo push"):
        pushed(tmp_path, [negative(1)])
    assert (hub / "README.md").read_text() == "# Mine\n"
    (hub / "README.md").unlink()
    (hub / "notes.txt").write_text("mine")
    assert MARK in pushed(tmp_path, [negative(1)])
    pushed(tmp_path, [negative(1), negative(2)])
    assert len(published(tmp_path)) == 2
    assert (hub / "notes.txt").read_text() == "mine"


def test_an_input_in_the_folder_is_refused(tmp_path: Path) -> None:
    pushed(tmp_path, [negative(1)])
    file = tmp_path / "hub" / "data" / "train.jsonl"
    before = file.read_bytes()
    with pytest.raises(UsageError, match="are the same file"):
        pushed(tmp_path, [negative(1)], inputs=(str(file),))
    assert file.read_bytes() == before


def test_splits(tmp_path: Path) -> None:
    odd = tmp_path / "a=b.jsonl"
    odd.touch()
    given = ("one.jsonl", "test=two.jsonl", str(odd), "test=three.jsonl")
    assert read_splits(given) == {
        "train": ["one.jsonl", str(odd)],
        "test": ["two.jsonl", "three.jsonl"],
    }
    with pytest.raises(UsageError, match="give a file"):
        read_splits(("-",))
    with pytest.raises(UsageError, match=r"split train: no pair in .*rows.jsonl:1: no key"):
        pushed(tmp_path, [{"prompt": "p"}])
