"""A pushed folder as `datasets` and huggingface_hub read it: `make test-peers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import DatasetCard

from hub.test_push import pushed
from report.material import negative
from running import jsonl
from seapo_cli import pair
from seapo_cli.options import PairSettings

pytestmark = pytest.mark.peers
Data = dict[str, Any]


def loaded(folder: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    return datasets.load_dataset(str(folder / "hub"), cache_dir=str(folder / "cache"))


def test_a_pushed_folder_loads_with_all_splits(tmp_path: Path) -> None:
    rows: list[Data] = [negative(n) | {"tags": []} for n in range(3)]
    late = negative(3) | {"tags": ["a", "b"], "nested": [[1], [2, 3]], "mine": {"a": None}}
    late["error"]["traits"] = ["keeps_content"]
    late["checks"] = {"edits": {"verdict": "pass", "value": {"count": 1}}}
    test = tmp_path / "late.jsonl"
    # What only the last rows have, far beyond what is looked at to guess the columns.
    many = [negative(100 + n) | {"filler": "x" * 400_000} for n in range(30)]
    test.write_bytes(jsonl([*many, late]))
    inputs = (str(tmp_path / "rows.jsonl"), f"test={test}")
    card = pushed(tmp_path, rows, inputs=inputs, license="cc-by-4.0")
    found = loaded(tmp_path)
    assert (len(found["train"]), len(found["test"])) == (3, 31)
    last = found["test"][30]
    for key in ("prompt", "response", "negative", "tags", "nested"):
        assert last[key] == late[key]
    assert last["error"]["traits"] == ["keeps_content"]
    assert last["error"]["edits"] == late["error"]["edits"]
    assert last["checks"] == late["checks"]
    assert found["train"].features == found["test"].features
    read = DatasetCard(card)
    assert read.data.license == "cc-by-4.0"
    assert read.data.to_dict()["configs"][0]["data_files"][1]["split"] == "test"


@pytest.mark.parametrize("name", ["trl", "trl-chat", "llamafactory", "ultrafeedback", "trl-kto"])
def test_every_kind_of_format_loads(tmp_path: Path, name: str) -> None:
    settings = PairSettings(format=name, provenance=True)
    rows = list(pair([negative(n) for n in range(4)], settings))
    pushed(tmp_path, rows)
    assert len(loaded(tmp_path)["train"]) == len(rows)
