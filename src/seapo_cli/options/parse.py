"""Parsers of command-line values; each raises ValueError for what it cannot read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError


def names(values: str | Iterable[str]) -> tuple[str, ...]:
    """The values of an option that is repeated or takes several with commas.

    A file whose name has a comma is one value.
    """
    whole = (
        [value] if "," not in value or Path(value).exists() else value.split(",")
        for value in ([values] if isinstance(values, str) else values)
    )
    return tuple(part.strip() for parts in whole for part in parts if part.strip())


def weights(text: str) -> dict[str, float]:
    """Read `factual=2,logical=1` as weights by type."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = part.partition("=")
        try:
            found[name.strip()] = float(weight) if equals else 1.0
        except ValueError:
            raise ValueError(f"{part!r} is not NAME=WEIGHT") from None
    return found


def need_weights(mix: dict[str, float]) -> None:
    """Check that types can be drawn by these weights."""
    good = all(weight >= 0 and isfinite(weight) for weight in mix.values())
    if not good or (mix and not sum(mix.values())):
        raise UsageError("--mix: weights must be numbers of at least 0, and not all zero")


def texts(values: Iterable[str]) -> dict[str, str]:
    """Read `NAME=TEXT`."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.rpartition("=")
        if not (equals and name.strip() and text.strip()):
            raise ValueError(f"{value!r} is not NAME=TEXT")
        found[name.strip()] = text.strip()
    return found


def json_values(texts: Iterable[str]) -> dict[str, Any]:
    """Read `KEY=VALUE`: values in JSON, else as plain text."""
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{text!r} is not KEY=VALUE")
        try:
            values[name.strip()] = json.loads(value, parse_constant=_no_number)
        except (ValueError, RecursionError):
            values[name.strip()] = value
    return values


def _no_number(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def engine_arguments(texts: Iterable[str]) -> dict[str, Any]:
    """Read `enforce_eager=true` and the like, also as `--enforce-eager=true`."""
    found = json_values(texts)
    return {name.lstrip("-").replace("-", "_"): value for name, value in found.items()}


def check_options(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read `similarity.min=0.5` and the like as values keyed by check and option."""
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        check, dot, option = name.strip().partition(".")
        if not (equals and dot and check and option):
            raise ValueError(f"{text!r} is not CHECK.OPTION=VALUE")
        options.setdefault(check, {})[option.replace("-", "_")] = value.strip()
    return options


def given_text(text: str) -> str | None:
    """None for an empty text, that is, for an option set to nothing."""
    return text or None
