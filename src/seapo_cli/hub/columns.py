"""What columns hold: `datasets` must be told, as it would guess from the first rows alone.

A shape is the name of a type, a list of one shape, or shapes by key; None where only null is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from seapo_cli.exceptions import UsageError
from seapo_cli.hub.private import TEXTS
from seapo_cli.io.json_text import encode
from seapo_cli.messages import kind_of

Shape: TypeAlias = "str | list[Shape] | dict[str, Shape] | None"
_KINDS: dict[type, str] = {bool: "bool", int: "int64", float: "float64", str: "string"}
_JSON = {"tools"}
"""Columns that are JSON in text: a schema has other keys in each row."""


class Mixed(ValueError):
    """Values that no single type holds."""


class Columns:
    """The columns of all rows."""

    def __init__(self) -> None:
        self._shapes: dict[str, Shape] = {}
        self._mixed: dict[str, str] = {}
        """Columns that only text can hold, and why."""

    def add(self, row: Mapping[str, Any]) -> None:
        """Take the columns of a row."""
        for name, value in row.items():
            if name in self._mixed:
                continue
            try:
                self._shapes[name] = merged(self._shapes.get(name), shape_of(_plain(name, value)))
            except Mixed as reason:
                self._mixed[name] = str(reason)

    def check(self) -> None:
        """Check that the texts have one form, and find columns that need to be JSON.

        Raises:
            UsageError: they have not.
        """
        for name, shape in self._shapes.items():
            if _is_empty(shape):
                self._mixed.setdefault(name, "an object without keys")
        for name in TEXTS.intersection(self._mixed):
            raise UsageError(
                f"column {name!r} holds {self._mixed[name]}, which `datasets` cannot load: write "
                "all rows in one format with seapo pair"
            )

    def written(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it is published."""
        return {
            name: _text(value) if name in self._mixed else _plain(name, value)
            for name, value in row.items()
        }

    @property
    def features(self) -> list[dict[str, Any]]:
        """The columns as a card declares them."""
        shapes = self._shapes | dict.fromkeys(self._mixed, "string")
        return [_feature(name, shape) for name, shape in shapes.items()]


def shape_of(value: object) -> Shape:
    """What a value is.

    Raises:
        Mixed: a list holds values of several types.
    """
    if isinstance(value, Mapping):
        return {str(key): shape_of(one) for key, one in value.items()}
    if isinstance(value, list):
        found: Shape = None
        for one in value:
            found = merged(found, shape_of(one))
        return [found]
    return _KINDS.get(type(value))


def merged(one: Shape, other: Shape) -> Shape:
    """What holds both.

    Raises:
        Mixed: nothing does.
    """
    if one is None or other is None or one == other:
        return other if one is None else one
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {key: merged(one.get(key), shape) for key, shape in other.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if {str(one), str(other)} == {"int64", "float64"}:
        return "float64"
    raise Mixed(f"{_told(one)} in one place and {_told(other)} in another")


def _told(shape: Shape) -> str:
    examples: dict[str, object] = {"bool": True, "int64": 1, "float64": 1.0, "string": ""}
    return kind_of(examples[shape] if isinstance(shape, str) else shape)


def _is_empty(shape: Shape) -> bool:
    """Whether there is an object without keys in it, which no column can be."""
    if isinstance(shape, dict):
        return not shape or any(map(_is_empty, shape.values()))
    return isinstance(shape, list) and _is_empty(shape[0])


def _feature(name: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, **_type(shape)}


def _type(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, dict):
        return {"struct": [_feature(name, inner) for name, inner in shape.items()]}
    if isinstance(shape, list):
        inner = shape[0]
        if isinstance(inner, dict):
            return {"list": _type(inner)["struct"]}
        # `sequence` is what older versions know; newer ones read it too.
        return {"sequence": _type(inner) if isinstance(inner, list) else inner or "string"}
    return {"dtype": shape or "string"}


def _plain(name: str, value: object) -> object:
    """A value whose free-form parts, schemas and arguments of tools, are JSON in text."""
    if name in _JSON or (name == "arguments" and isinstance(value, Mapping)):
        return _text(value)
    if isinstance(value, Mapping):
        return {key: _plain(key, one) for key, one in value.items()}
    return [_plain("", one) for one in value] if isinstance(value, list) else value


def _text(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return encode(value).decode().rstrip("\n")
