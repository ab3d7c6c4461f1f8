"""Argilla's files (SDK 2.x): the folder that `Dataset.from_disk` reads and `to_disk` writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seapo_cli.formats.reader import Span
from seapo_cli.review.item import FIELDS, GUIDELINES, MARKS, NO, QUESTIONS, SCALE, YES, Item

RECORDS = "records.json"
SETTINGS = ".argilla/settings.json"
DATASET = ".argilla/dataset.json"
_BEYOND_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def record(item: Item) -> dict[str, Any]:
    """A row as a record: the mistake's places are suggestions, its type is not told."""
    marks = {
        name: _suggestion([{"start": a, "end": b, "label": name} for a, b in found])
        for name, of in MARKS.items()
        if (found := _units(item.fields[of], item.marks[name]))
    }
    return {
        "id": item.key,
        "fields": dict(item.fields),
        "metadata": {"row_id": item.id},
        "suggestions": marks,
        "responses": {},
        "vectors": {},
        "status": "pending",
    }


def documents(name: str, types: Sequence[str], reviewers: int) -> dict[str, Any]:
    """What stands beside the records, by file: the questions, and the dataset's name."""
    distribution = {"strategy": "overlap", "min_submitted": reviewers}
    shared = {"guidelines": GUIDELINES, "allow_extra_metadata": True, "distribution": distribution}
    text = {"type": "text", "use_markdown": False}
    fields = [
        {"name": name, "title": title, "required": name != "changes", "settings": text}
        for name, title in FIELDS.items()
    ]
    found = _BEYOND_NAME.sub("-", name).strip("-_") or "review"
    return {
        SETTINGS: {
            **shared,
            "fields": fields,
            "questions": _questions(types),
            "vectors": [],
            "metadata": [],
            "mapping": None,
        },
        DATASET: {"name": found, "status": "draft", **shared},
    }


def _questions(types: Sequence[str]) -> list[dict[str, Any]]:
    settings: dict[str, dict[str, Any]] = {
        "worse": {"type": "label_selection", "options": _options((YES, NO))},
        "type": {"type": "label_selection", "options": _options(types)},
        "believable": {"type": "rating", "options": [{"value": value} for value in SCALE]},
        "comment": {"type": "text", "use_markdown": False},
    }
    found = [
        {"name": name, "title": title, "required": name == "worse", "settings": settings[name]}
        for name, title in QUESTIONS.items()
    ]
    marks = [
        {
            "name": name,
            "title": f"The {name}, marked in the {FIELDS[field].lower()}",
            "required": False,
            "settings": {"type": "span", "field": field, "options": _options((name,))},
        }
        for name, field in MARKS.items()
    ]
    return found + marks


def _options(values: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": value, "text": value} for value in values]


def _suggestion(value: object) -> dict[str, Any]:
    return {"value": value, "score": None, "agent": "seapo"}


def _units(text: str, spans: Sequence[Span]) -> list[Span]:
    """Spans as Argilla's page counts, in UTF-16 code units.

    Its server counts characters and refuses a record with a span beyond them: such are left out.
    """
    if not any(one > "\uffff" for one in text):
        return list(spans)
    found = [(_length(text[:start]), _length(text[:end])) for start, end in spans]
    return [(start, end) for start, end in found if end <= len(text)]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def is_record(data: Mapping[str, Any]) -> bool:
    """Whether an object is a record of `to_disk` or `records.to_json`."""
    return isinstance(data.get("fields"), dict) and isinstance(data.get("responses"), dict)


def reviews(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The reviewers of a record, each with their answers by question."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for question, given in data["responses"].items():
        for place, one in enumerate(given if isinstance(given, list) else ()):
            if isinstance(one, dict):
                # Records that were made without a server know no users.
                user = one.get("user_id")
                found[f"#{place}" if user in (None, "None") else str(user)][question] = one.get(
                    "value"
                )
    yield from found.items()
