"""Each trainer's format: a snapshot, its fields, and the real consumer where it is installed.

A changed format shows as a difference to `snapshots/`; SEAPO_UPDATE=1 accepts it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pairing.made import many
from seapo_cli import pair
from seapo_cli.engine.stage import Failure
from seapo_cli.formats import FORMATS, load_format
from seapo_cli.formats.base import ScoredPair
from seapo_cli.formats.dataset_info import add_entries
from seapo_cli.options import PairSettings
from seapo_cli.rows import read_row

Data = dict[str, Any]

SNAPSHOTS = Path(__file__).parent / "snapshots"
CHAT = [
    {"role": "system", "content": "Answer briefly."},
    {"role": "user", "content": "What is the Moon made of?"},
    {"role": "assistant", "content": "Mostly rock."},
    {"role": "user", "content": "And the Sun?"},
]
STRINGS = {"trl", "trl-kto"}
UNPAIRED = {"trl-kto", "trl-kto-chat", "llamafactory-kto"}


def rows() -> Iterator[Data]:
    for kind in ("factual", "logical"):
        yield {
            "id": "water",
            "prompt": "Why drink water?",
            "response": "The body needs it to carry nutrients.",
            "negative": f"The body needs it, says a {kind} mistake: “naïve”.",
            "error": {"type": kind, "mode": "edit", "edits": [], "model": "m"},
            "checks": {"changed": {"verdict": "pass"}},
        }
    yield {
        "prompt": CHAT,
        "chosen": "Hydrogen and helium.",
        "rejected": "Glowing stone.",
        "error_type": "correctness",
        "score_chosen": 9,
        "score_rejected": 2.5,
    }


def made(name: str, **chosen: Any) -> list[Data]:
    """All pairs of `rows`; the formats of strings cannot hold the chat."""
    failures: list[Failure] = []
    settings = PairSettings(format=name, strategy="all", **chosen)
    found = list(pair(rows(), settings, on_failure=lambda _, why: failures.append(why)))
    assert len(failures) == (name in STRINGS)
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_snapshot(name: str) -> None:
    path = SNAPSHOTS / f"{name}.jsonl"
    found = made(name)
    if os.environ.get("SEAPO_UPDATE"):
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found))
    assert found == [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", FORMATS)
def test_provenance_comes_after_the_formats_own_keys(name: str) -> None:
    for row, plain in zip(made(name, provenance=True), made(name), strict=True):
        added = {key: value for key, value in row.items() if key not in plain}
        assert row == plain | added
        assert added["id"]
        if added["id"] == "water":
            assert added["error"]["type"] == added["error_type"]
            assert added["checks"] == {"changed": {"verdict": "pass"}}
        else:
            assert added["error_type"] == "factual"


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - UNPAIRED))
def test_a_row_for_each_pair(name: str) -> None:
    assert len(made(name)) == (2 if name in STRINGS else 3)


@pytest.mark.parametrize("name", sorted(UNPAIRED))
def test_unpaired_formats_list_an_answer_once(name: str) -> None:
    labels = Counter(row["label"] for row in made(name))
    assert labels == ({True: 1, False: 2} if name in STRINGS else {True: 2, False: 3})


@pytest.mark.parametrize("order", ["input", "easy-to-hard"])
def test_unpaired_rows_of_a_prompt_stand_apart(order: str) -> None:
    """KTO takes the answer of the row before as a mismatch: it must be another prompt's."""
    chosen = PairSettings(format="trl-kto", order=order)
    found = list(pair(many(21), chosen))
    assert len(found) == 42
    for before, after in pairwise(found[:-2]):
        assert before["prompt"] != after["prompt"]
    pairs = [found[start : start + 2] for start in range(0, 40, 2)]
    assert all({row["label"] for row in two} == {True, False} for two in pairs)


@pytest.mark.parametrize("name", ["trl", "trl-chat"])
def test_trl_has_a_prompt_and_both_sides_of_one_kind(name: str) -> None:
    kind = str if name in STRINGS else list
    for row in made(name):
        assert list(row) == ["prompt", "chosen", "rejected"]
        assert {type(value) for value in row.values()} == {kind}


def saved(rows: list[Data], folder: Path) -> Path:
    file = folder / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.mark.peers
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_datasets_reads_it(name: str, tmp_path: Path) -> None:
    """All rows have the same columns with the same types, which `load_dataset` needs."""
    import datasets

    found = made(name, provenance=True)
    file, cache = str(saved(found, tmp_path)), str(tmp_path / "cache")
    loaded = datasets.load_dataset("json", data_files=file, split="train", cache_dir=cache)
    assert len(loaded) == len(found)
    for row, original in zip(loaded, found, strict=True):
        core = {key: row[key] for key in original if key not in ("id", "error", "checks")}
        assert core == {key: original[key] for key in core}


@pytest.mark.peers
@pytest.mark.parametrize("name", ["trl", "trl-chat", "trl-kto", "trl-kto-chat"])
def test_trl_prepares_it(name: str, tmp_path: Path) -> None:
    """TRL's trainers tokenize the rows, as at the start of a training."""
    from formats import trl_preparation as preparation

    found = made(name, provenance=True)
    preparation.check(name, found, saved(found, tmp_path), tmp_path)


def test_llamafactory_splits_a_chat() -> None:
    row = made("llamafactory")[-1]
    assert row["instruction"] == "And the Sun?"
    assert row["system"] == "Answer briefly."
    assert row["history"] == [["What is the Moon made of?", "Mostly rock."]]


@pytest.mark.parametrize("name", [n for n in FORMATS if n.startswith("llamafactory")])
def test_llamafactory_columns_are_in_the_rows(name: str) -> None:
    info = load_format(name).dataset_info
    assert info is not None
    for row in made(name):
        assert set(info["columns"].values()) <= row.keys()


@pytest.mark.parametrize(
    "roles", [("user", "user"), ("user", "assistant", "tool"), ("system",), ("assistant", "user")]
)
@pytest.mark.parametrize("name", [n for n in FORMATS if n.startswith("llamafactory")])
def test_llamafactory_refuses_turns_that_do_not_alternate(name: str, roles: tuple[str]) -> None:
    row = {"response": "y", "negative": "z"}
    row |= {"prompt": [{"role": role, "content": "x"} for role in roles]}
    failures: list[str] = []
    settings = PairSettings(format=name)
    assert not list(pair([row], settings, on_failure=lambda _, why: failures.append(why.reason)))
    assert "by turns" in failures[0]


def test_dataset_info_keeps_other_entries(tmp_path: Path) -> None:
    path = tmp_path / "data" / "dataset_info.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"other": {"file_name": "other.json"}, "pairs": {"old": True}}))
    add_entries(path, [tmp_path / "pairs.jsonl"], load_format("llamafactory-kto"))
    entries = json.loads(path.read_text())
    assert entries["other"] == {"file_name": "other.json"}
    assert entries["pairs"]["file_name"] == "../pairs.jsonl"
    assert entries["pairs"]["columns"] == {"messages": "messages", "kto_tag": "label"}


def test_openrlhf_margin_needs_both_scores() -> None:
    row = read_row({"prompt": "x"})
    plain, scored = ScoredPair(row, "a", "b"), ScoredPair(row, "a", "b", None, 3.0, 1.0)
    assert "margin" not in load_format("openrlhf").rows(plain)[0]
    assert load_format("openrlhf").rows(scored)[0]["margin"] == 2.0
