"""Rows for review, and what the tools export once people have answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from report.material import HOSTILE, negative

Data = dict[str, Any]
Given = Mapping[str, Sequence[tuple[str, str | None, int | None]]]
"""By the row's id: what each reviewer answers to `worse`, `type` and `believable`."""
USERS = tuple(f"{n}{n}{n}{n}{n}{n}{n}{n}-1111-4111-8111-111111111111" for n in range(1, 5))


def hostile_rows() -> list[Data]:
    """Rows whose texts pretend to be markup, beyond the Basic Multilingual Plane among others."""
    rows = []
    for number, text in enumerate(HOSTILE):
        row = negative(20 + number, kind=text[:30])
        row["prompt"] = f"{text} \U0001f680"
        for side in ("response", "negative"):
            row[side] = f"\U0001f680{text} {row[side]}"
        row["error"]["edits"] = []
        rows.append(row)
    return rows


def read(path: Path | str) -> Any:
    return json.loads(Path(path).read_text())


def annotated(tasks: Sequence[Data], given: Given) -> list[Data]:
    """Label Studio's export as JSON of tasks, as its community edition writes it."""
    return [
        {
            "id": number,
            "inner_id": number,
            "data": task["data"],
            "drafts": [],
            "predictions": [number],
            "annotations": [
                {
                    "id": 10 * number + who,
                    "completed_by": who,
                    "result": task["predictions"][0]["result"] + _regions(*answers),
                    "was_cancelled": False,
                    "ground_truth": False,
                    "lead_time": 7.5,
                }
                for who, answers in enumerate(given.get(task["data"]["row_id"], ()), 1)
            ],
        }
        for number, task in enumerate(tasks, 1)
    ]


def _regions(worse: str, kind: str | None, stars: int | None) -> list[Data]:
    values: dict[str, tuple[str, Data] | None] = {
        "worse": ("choices", {"choices": [worse]}),
        "type": ("choices", {"choices": [kind]}) if kind else None,
        "believable": ("rating", {"rating": stars}) if stars else None,
        "comment": ("textarea", {"text": [f"I say {worse}."]}),
    }
    return [
        {"id": name, "from_name": name, "to_name": "rejected", "type": one[0], "value": one[1]}
        for name, one in values.items()
        if one
    ]


def responded(records: Sequence[Data], given: Given) -> list[Data]:
    """Argilla's `records.json` of records, as SDK 2.8 writes it."""
    found = []
    for record in records:
        answers = given.get(record["metadata"]["row_id"], ())
        questions = zip(("worse", "type", "believable"), zip(*answers, strict=True), strict=False)
        responses = {
            name: [
                {"value": value, "user_id": user}
                for user, value in zip(USERS, values, strict=False)
                if value is not None
            ]
            for name, values in questions
        }
        found.append(record | {"responses": responses, "_server_id": None})
    return found
