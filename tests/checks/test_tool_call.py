"""Mistakes in tool calls, proved by the schemas of the tools."""

from __future__ import annotations

from typing import Any

import pytest

from seapo_cli.calls import ToolAnswer, ToolCall, answer_message, read_tools
from seapo_cli.checks import all_checks
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.tool_call import PROOFS, prove
from seapo_cli.engine.pipeline import finished
from seapo_cli.mistakes.error_types import error_types
from seapo_cli.options import FilterSettings
from seapo_cli.rows import Keys, Row, read_row
from seapo_cli.stages.filter import make_filter
from tool_rows import KINDS, called, corrupted, rows

PLACE = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "zip": {"type": "string"}},
    "required": ["city"],
}
TOOLS = read_tools(
    [
        {
            "name": "book",
            "parameters": {
                "type": "object",
                "properties": {
                    "people": {"type": "integer", "minimum": 1},
                    "when": {"type": "string"},
                    "seat": {"enum": ["inside", "outside", None]},
                    "smoking": {"type": "boolean", "default": False},
                    "place": PLACE,
                    "note": {"anyOf": [{"enum": ["quiet", "window"]}, {"type": "null"}]},
                },
                "required": ["people", "when"],
            },
        },
        {"name": "cancel", "parameters": {"properties": {"when": {"type": "string"}}}},
        {"name": "ping"},
    ]
)
GOOD = {"people": 4, "when": "20:00", "seat": "inside", "smoking": False, "place": {"city": "Bonn"}}


def verdict(kind: str, name: str = "book", good: dict[str, Any] = GOOD, **change: Any) -> Verdict:
    """Of a call with some arguments changed; those that are `...` are left out."""
    made = {n: v for n, v in {**good, **change}.items() if v is not ...}
    negative = ToolAnswer("", [ToolCall(name=name, arguments=made)])
    return prove(kind, ToolAnswer("", [ToolCall(name="book", arguments=good)]), negative, TOOLS)


ALL_GONE: dict[str, Any] = dict.fromkeys(GOOD, ...)


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("wrong-tool", "cancel", {**ALL_GONE, "when": "20:00"}),
        ("wrong-tool", "ping", ALL_GONE),
        ("wrong-argument", "book", {"people": 3}),
        ("wrong-argument", "book", {"seat": None}),
        ("wrong-argument", "book", {"place": {"city": "Rome"}}),
        ("missing-argument", "book", {"people": ...}),
        ("missing-argument", "book", {"seat": ...}),
        ("missing-argument", "book", {"place": {}}),
        ("invented-argument", "book", {"guests": 4}),
        ("invented-argument", "book", {"people": ..., "guests": 4}),
        ("invented-argument", "book", {"seat": "roof"}),
        ("invented-argument", "book", {"place": {"city": "Bonn", "street": "x"}}),
        ("invented-argument", "book", {"note": "sunny"}),
    ],
)
def test_what_is_proved(kind: str, name: str, change: dict[str, Any]) -> None:
    assert verdict(kind, name, **change).decision == "pass"
    others = [other for other in KINDS if other != kind]
    assert [verdict(other, name, **change).decision for other in others] == ["fail"] * 3


@pytest.mark.parametrize(
    ("kind", "name", "change", "reason"),
    [
        ("wrong-tool", "reserve", {}, "on offer: call one of book, cancel, ping"),
        ("wrong-tool", "cancel", {}, "cancel does not take these arguments"),
        ("wrong-tool", "ping", {}, "ping does not take these arguments"),
        ("wrong-argument", "book", {"people": 0}, "does not take"),
        ("wrong-argument", "book", {"people": "4"}, "does not take"),
        ("wrong-argument", "book", {"note": "quiet"}, "other arguments (note)"),
        ("wrong-argument", "book", {"people": 4.0}, "no call differs"),
        ("wrong-argument", "book", {"when": " 20:00"}, "no call differs"),
        ("wrong-argument", "book", {"smoking": 0}, "does not take"),
        ("missing-argument", "book", {"smoking": ...}, "same value by default"),
        ("missing-argument", "book", {"seat": ..., "people": 5}, "only leave one out"),
        ("invented-argument", "book", {"zip": 1, "people": "four"}, "does not take"),
        ("invented-argument", "book", {"people": ...}, "the schema has all"),
        ("invented-argument", "cancel", {**ALL_GONE, "x": 1}, "keep it"),
    ],
)
def test_what_is_not(kind: str, name: str, change: dict[str, Any], reason: str) -> None:
    found = verdict(kind, name, **change)
    assert found.decision == "fail"
    assert reason in (found.reason or "")


def test_a_wrong_response_proves_nothing() -> None:
    found = verdict("wrong-argument", good={**GOOD, "colour": "red"}, people=2)
    assert "the response's call of book is not accepted" in (found.reason or "")


def test_the_number_of_calls_stays() -> None:
    one = ToolCall(name="cancel", arguments={"when": "20:00"})
    two = ToolAnswer("", [one, one])
    found = prove("missing-argument", two, ToolAnswer("", [one]), TOOLS)
    assert found.reason == "the response makes 2 calls, the negative 1: keep their number"


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": 7},
        {"$ref": "http://127.0.0.1:9/never-asked.json"},
        {"properties": {"a": {"$ref": "#/$defs/gone"}}},
        {"properties": {"a": {"type": "string", "pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_used_is_said(parameters: dict[str, Any]) -> None:
    tools = read_tools([{"name": "f", "parameters": parameters}])
    good, bad = (ToolAnswer("", [ToolCall(name="f", arguments={"a": x})]) for x in "bc")
    found = prove("wrong-argument", good, bad, tools)
    assert found.decision == "skip"
    assert "schema cannot be used" in (found.reason or "")


def test_schemas_put_together_are_not_closed() -> None:
    parts = {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {"enum": [1, 2]}}}]}
    tools = read_tools([{"name": "f", "parameters": parts}])
    good, bad = (ToolAnswer("", [ToolCall(name="f", arguments={"a": 1, "b": x})]) for x in (1, 2))
    assert prove("wrong-argument", good, bad, tools).decision == "pass"


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_allow_at_least_ten_answers_of_each_kind(kind: str) -> None:
    made = [(row, text) for row in rows() if (text := corrupted(row, kind)) is not None]
    assert len(made) >= 10
    found = [prove(kind, called(row), text, row.tools) for row, text in made]
    assert [one.reason for one in found if one.decision != "pass"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_filter_keeps_what_is_proved_and_passes_rows_on_unchanged(kind: str) -> None:
    stage = make_filter(FilterSettings(), Keys())
    made = [(row, text) for row in rows() if (text := corrupted(row, kind)) is not None]
    for row, text in made:
        negative = answer_message(called(row).read(text))
        data = row.extended(negative=negative, error={"type": kind, "traits": []})
        outcome = finished(stage.process(read_row(data), None))
        (kept,) = outcome.rows  # type: ignore[union-attr]
        assert kept["checks"]["tool-call"] == {"verdict": "pass"}
        assert {name: kept[name] for name in data} == data
        changed = {**data, "negative": data["response"]}
        assert not finished(stage.process(read_row(changed), None)).rows


def test_rows_without_calls_are_skipped() -> None:
    row = Row({}, "", "a", "b")
    stage = make_filter(FilterSettings(preset="none", checks=("tool-call",)), Keys())
    data = row.extended(negative="c", error_type="wrong-tool")
    (kept,) = finished(stage.process(read_row(data), None)).rows
    assert kept["checks"]["tool-call"]["verdict"] == "skip"


def test_proofs_of_packaged_types_are_checks() -> None:
    proofs = {kind.proof for kind in error_types().values() if kind.proof}
    assert proofs == {"answer", "tests", "tool-call"}
    assert proofs <= all_checks().keys()
    proved = {name for name, kind in error_types().items() if kind.proof == "tool-call"}
    assert proved == PROOFS.keys()
