"""Files as the tools' own packages read and write them: `make test-peers`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from json_server import JsonHandler, served
from report.material import negative
from review.material import USERS, hostile_rows, read
from review.test_answers import imported
from review.test_export import exported

pytestmark = pytest.mark.peers
Data = dict[str, Any]


class _Me(JsonHandler):
    """Answers the one question that Argilla's client asks when it is made: who am I?"""

    def get(self) -> None:
        self.reply({"id": USERS[0], "username": "ann", "first_name": "Ann", "role": "owner"})


@pytest.fixture
def argilla() -> Iterator[Any]:
    """The package, with a client."""
    rg = pytest.importorskip("argilla")
    with served(_Me) as url:
        rg.Argilla(api_url=url, api_key="none")
        yield rg


def is_part(one: Any, of: Any) -> bool:
    """Whether an object has all that another one has."""
    if isinstance(one, dict):
        return all(key in of and is_part(value, of[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(of) and all(map(is_part, one, of))
    return bool(one == of)


def test_argilla_reads_the_folder_and_its_records_come_back(argilla: Any, tmp_path: Path) -> None:
    from argilla._models import DatasetModel
    from argilla.records._io import JsonIO

    rows = [*(negative(n) for n in range(4)), *hostile_rows()]
    exported(tmp_path, rows, "argilla", reviewers=2)
    folder = tmp_path / "out"
    settings = argilla.Settings.from_json(folder / ".argilla" / "settings.json")
    settings.validate()
    assert is_part(read(folder / ".argilla" / "settings.json"), settings.serialize())
    assert (
        DatasetModel(**read(folder / ".argilla" / "dataset.json")).distribution.min_submitted == 2
    )
    records = JsonIO._records_from_json(folder / "records.json")
    names = {question.name for question in settings.questions}
    for record in records:
        model = record.api_model().model_dump()  # what would be sent
        assert {one["question_name"] for one in model["suggestions"]} <= names
    for record, worse in zip(records, ("yes", "no", "yes"), strict=False):
        answers = {"worse": worse, "type": "factual", "believable": 4, "comment": "Fine."}
        for name, value in answers.items():
            record.responses.add(argilla.Response(name, value, USERS[0], status="submitted"))
    JsonIO.to_json(records, tmp_path / "reviewed.json")
    kept, _, told = imported(str(tmp_path / "reviewed.json"), rows, "accepted")
    assert [row["id"] for row in kept] == ["bee-0", "bee-2"]
    assert kept[0]["review"]["comments"] == ["Fine."]
    assert (told["refused"], told["not_reviewed"]) == (1, len(rows) - 3)


def test_label_studio_accepts_interface_and_tasks(tmp_path: Path) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    rows = [*(negative(n) for n in range(4)), *hostile_rows()]
    exported(tmp_path, rows, "label-studio")
    config = interface.LabelInterface((tmp_path / "out" / "config.xml").read_text())
    config.validate()
    tasks = read(tmp_path / "out" / "tasks.json")
    for task in tasks:
        assert config.validate_task({"data": task["data"]})
        (prediction,) = task["predictions"]
        assert not config.validate_prediction(prediction, return_errors=True)
    # Regions as the package itself makes them, in the export's form.
    given = {"worse": "yes", "type": "factual", "believable": 4, "comment": "Fine."}
    result = [region._dict() for region in config.create_regions(given)]
    assert config.validate_annotation({"result": result})
    answers = {"id": 1, "completed_by": 1, "was_cancelled": False, "result": result}
    export = [task | {"annotations": [answers]} for task in tasks[:1]]
    (tmp_path / "export.json").write_text(json.dumps(export))
    kept, _, _ = imported(str(tmp_path / "export.json"), rows, "accepted")
    assert [row["id"] for row in kept] == ["bee-0"]
    assert kept[0]["review"]["type"] == "factual"
    assert kept[0]["review"]["comments"] == ["Fine."]
