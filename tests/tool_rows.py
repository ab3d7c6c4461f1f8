"""Rows that call tools, and mistakes in their calls made by rule, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seapo_cli.calls import Tool, ToolAnswer, ToolCall
from seapo_cli.checks.schemas import faults, parameters_of
from seapo_cli.rows import Row, read_row

_FILE = Path(__file__).parents[1] / "examples" / "tools.jsonl"
KINDS = ("wrong-tool", "wrong-argument", "missing-argument", "invented-argument")


def example_rows() -> list[dict[str, Any]]:
    """The packaged examples."""
    return [json.loads(line) for line in _FILE.read_text().splitlines()]


def called(row: Row) -> ToolAnswer:
    """The response of a row, which calls tools."""
    assert isinstance(row.response, ToolAnswer)
    return row.response


def by_name(row: Row) -> dict[str, Tool]:
    return {tool["function"]["name"]: tool for tool in row.tools}


def corrupted(row: Row, kind: str) -> str | None:
    """The canonical text with a mistake in the last call; None where the rule finds none."""
    response = called(row)
    *before, last = response.calls
    values = dict(last.values or {})
    new = _RULES[kind](row, last.name, values)
    return None if new is None else ToolAnswer(response.content, [*before, new])


def _wrong_tool(row: Row, name: str, values: dict[str, Any]) -> ToolCall | None:
    for other, tool in by_name(row).items():
        made = {n: values.get(n, _any(rule)) for n, rule in _known(tool).items()}
        made = {n: made[n] for n in parameters_of(tool).get("required", ())}
        if other != name and not faults(tool, made):
            return ToolCall(name=other, arguments=made)
    return None


def _wrong_argument(row: Row, name: str, values: dict[str, Any]) -> ToolCall | None:
    tool = by_name(row)[name]
    for key, value in values.items():
        for other in (*_known(tool)[key].get("enum", ()), _another(value)):
            made = {**values, key: other}
            if other != value and not faults(tool, made):
                return ToolCall(name=name, arguments=made)
    return None


def _missing(row: Row, name: str, values: dict[str, Any]) -> ToolCall | None:
    known = _known(by_name(row)[name])
    for key in reversed(values):
        if known[key].get("default") != values[key]:
            return ToolCall(name=name, arguments={n: v for n, v in values.items() if n != key})
    return None


def _invented(row: Row, name: str, values: dict[str, Any]) -> ToolCall | None:  # noqa: ARG001
    first = next(iter(values))
    return ToolCall(
        name=name, arguments={f"{n}_text" if n == first else n: v for n, v in values.items()}
    )


_RULES = dict(zip(KINDS, (_wrong_tool, _wrong_argument, _missing, _invented), strict=True))


def _known(tool: Tool) -> dict[str, Any]:
    found: dict[str, Any] = parameters_of(tool)["properties"]
    return found


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value} again"


def _any(rule: dict[str, Any]) -> Any:
    if "enum" in rule:
        return rule["enum"][0]
    return {"integer": 5, "number": 20.5, "boolean": True, "array": ["all"]}.get(
        rule["type"], "last week"
    )


def rows() -> list[Row]:
    """The examples, read."""
    return [read_row(data) for data in example_rows()]
