"""Label Studio's files: tasks with predictions, the labelling interface, and the export as JSON.

Texts are shown by `Text`, which escapes what looks like markup; `HyperText` would render it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from seapo_cli.review.item import FIELDS, GUIDELINES, MARKS, NO, QUESTIONS, SCALE, YES, Item

TASKS = "tasks.json"
CONFIG = "config.xml"
_COLOURS = {"original": "#2f9e44", "mistake": "#e03131"}
_ABOUT = "rejected"
"""The text that the questions are about."""


def task(item: Item) -> dict[str, Any]:
    """A row as a task: the mistake's places are a prediction, its type is not told."""
    result = [
        {
            "id": f"{name}-{place}",
            "from_name": name,
            "to_name": field,
            "type": "labels",
            "value": {
                "start": start,
                "end": end,
                "text": item.fields[field][start:end],
                "labels": [name],
            },
        }
        for name, field in MARKS.items()
        for place, (start, end) in enumerate(item.marks[name])
    ]
    return {
        "data": {"key": item.key, "row_id": item.id, **item.fields},
        "predictions": [{"model_version": "seapo", "result": result}],
    }


def config(types: Sequence[str]) -> bytes:
    """The labelling interface."""
    view = ElementTree.Element("View")
    _add(view, "Style").text = ".htx-text { white-space: pre-wrap; }"
    _add(view, "Header", value=GUIDELINES, size="6")
    marked = {field: name for name, field in MARKS.items()}
    for name, title in FIELDS.items():
        _add(view, "Header", value=title)
        if mark := marked.get(name):
            labels = _add(view, "Labels", name=mark, toName=name)
            _add(labels, "Label", value=mark, background=_COLOURS[mark])
        # In its secure mode, Label Studio would take the text for an address otherwise.
        _add(view, "Text", name=name, value=f"${name}", valueType="text")
    for name, title in QUESTIONS.items():
        _add(view, "Header", value=title)
        about = {"name": name, "toName": _ABOUT}
        if name == "worse":
            options = {"choice": "single-radio", "required": "true", "showInline": "true"}
            _choices(_add(view, "Choices", **about, **options), (YES, NO))
        elif name == "type":
            _choices(_add(view, "Choices", **about, choice="single", layout="select"), types)
        elif name == "believable":
            _add(view, "Rating", **about, maxRating=str(SCALE[-1]))
        else:
            _add(view, "TextArea", **about, rows="2", maxSubmissions="1", editable="true")
    ElementTree.indent(view)
    found: bytes = ElementTree.tostring(view, encoding="utf-8")
    return found + b"\n"


def _choices(above: ElementTree.Element, values: Sequence[str]) -> None:
    for value in values:
        _add(above, "Choice", value=value)


def _add(above: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(above, tag, attributes)


def is_task(data: Mapping[str, Any]) -> bool:
    """Whether an object is a task of an export as JSON."""
    return isinstance(data.get("data"), dict) and isinstance(data.get("annotations"), list)


def key_of_task(data: Mapping[str, Any]) -> object:
    """The key that `task` gave it."""
    return data["data"].get("key")


def reviews(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The reviewers of a task, each with their answers by question; skipped tasks have none."""
    for place, one in enumerate(data["annotations"]):
        if not isinstance(one, dict) or one.get("was_cancelled"):
            continue
        who = one.get("completed_by")
        if isinstance(who, dict):  # an object in Label Studio's snapshots
            who = who.get("id")
        result = one.get("result")
        found = {}
        for region in result if isinstance(result, list) else ():
            if isinstance(region, dict) and isinstance(region.get("value"), dict):
                found[str(region.get("from_name"))] = _value(region["value"])
        yield f"#{place}" if who is None else str(who), found


def _value(value: Mapping[str, Any]) -> object:
    """The answer in a region: a choice, a number of stars or a text."""
    if "rating" in value:
        return value["rating"]
    found = value.get("choices", value.get("text"))
    if isinstance(found, list):
        return "\n".join(map(str, found)) if found else None
    return found
