"""Values from untrusted documents: anything not as expected counts as missing."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from seapo_cli.text.safe import safe

_LONGEST_NAME = 120


def amount(data: object, *path: str) -> float | None:
    """The finite number at a path of keys."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    return data if isfinite(data) and abs(data) < 1e300 else None


def mapping(data: object, *path: str) -> Mapping[str, Any]:
    """The object at a path of keys, else an empty one."""
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def objects(data: object, key: str) -> list[Mapping[str, Any]]:
    """The objects in the list at a key."""
    found = mapping(data).get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def name(data: object, key: str) -> str:
    """The text at a key in one line, else an empty one."""
    found = mapping(data).get(key)
    return " ".join(safe(found[:_LONGEST_NAME]).split()) if isinstance(found, str) else ""


def interval(data: object) -> tuple[float, float] | None:
    """`low` and `high` of an object."""
    low, high = amount(data, "low"), amount(data, "high")
    return (low, high) if low is not None and high is not None and low <= high else None
