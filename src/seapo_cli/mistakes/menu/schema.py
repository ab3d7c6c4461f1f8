"""What menu mode asks the model for, as a JSON schema, and how the reply is parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seapo_cli.mistakes.menu.source import Place
from seapo_cli.mistakes.questions import strict_object
from seapo_cli.text.replies import json_objects


def schema(place: Place) -> dict[str, Any]:
    """The JSON schema for a choice at a place: one `enum`, which every server enforces."""
    return strict_object({"edit": {"type": "string", "enum": list(place.choices)}})


def read_answer(text: str, place: Place) -> str | None:
    """The choice in a model's answer, which may hold prose around it; None if there is none."""
    known = {value.casefold(): value for value in place.choices}
    return next((known[v] for v in _values(text) if v in known), None)


def _values(text: str) -> Iterator[str]:
    for found in json_objects(text):
        value = found.get("edit")
        yield from [value.strip().casefold()] if isinstance(value, str) else []
