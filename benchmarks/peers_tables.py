"""What `peers.py` measured, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import harness

Entry = Mapping[str, Any]
"""What is known of one peer."""


def show(found: Mapping[str, Entry]) -> None:
    """Print a table for each part that is measured, of the peers that have it."""
    for title, (part, row) in _TABLES.items():
        if rows := [{"peer": name, **row(entry)} for name, entry in found.items() if part in entry]:
            harness.show(title, rows)


def _cost(entry: Entry, part: str = "clean") -> dict[str, Any]:
    names = ("wall_s", "cpu_s", "peak_mb", "requests", "prompt_tokens", "most_open", "missing")
    return {"version": entry["version"], "load": entry["load"], **_of(entry[part], *names)}


def _many(entry: Entry) -> dict[str, Any]:
    return _cost(entry, "many")


def _killed(entry: Entry) -> dict[str, Any]:
    later = _of(entry["rerun"], "requests", "missing", "twice", "code", "wall_s")
    return {"answered before": entry["killed"]["answered"], **later}


def _failed(entry: Entry) -> dict[str, Any]:
    run, again = entry["faults"], entry["mended"]
    named = {kind: " ".join(files) for kind, files in run["named"].items()}
    later = _of(again, "code", "requests", "missing", "twice")
    figures = _of(run, "code", "wall_s", "requests", "missing", "twice")
    return {**figures, **named, **{f"then {name}": value for name, value in later.items()}}


def _of(run: Entry, *names: str) -> dict[str, Any]:
    return {name: run[name] for name in names}


_TABLES: Mapping[str, tuple[str, Callable[[Entry], dict[str, Any]]]] = {
    "100 answers": ("clean", _cost),
    "2,000 answers": ("many", _many),
    "killed half way, then the same again": ("rerun", _killed),
    "three rows that fail, then the same again": ("mended", _failed),
}
