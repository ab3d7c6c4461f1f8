"""Is the mistake in a tool call the one that the error type names? Decided by their schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seapo_cli.calls import Tool, ToolAnswer, ToolCall
from seapo_cli.checks.base import PASS, Check, Verdict, failed, skipped
from seapo_cli.checks.pair import CheckedPair, packaged_types
from seapo_cli.checks.schemas import BadSchema, Fault, faults, parameters_of

Arguments = Mapping[str, Any]


class ToolCalls(Check):
    """Both sides call tools; each call that differs shows the mistake, and nothing else."""

    name = "tool-call"
    about = "A tool call has the mistake that its type names, by the schemas of the row's tools."

    def verdict(self, pair: CheckedPair) -> Verdict:
        named = pair.error_type or ""
        known = packaged_types().get(named)  # by an alias, perhaps
        kind = known.name if known else named
        if not isinstance(pair.response, ToolAnswer):
            return skipped("the response calls no tool")
        if kind not in PROOFS:
            return skipped(f"{kind or 'no type'} is not about tool calls")
        return prove(kind, pair.response, pair.negative, pair.row.tools)


def prove(kind: str, response: ToolAnswer, negative: str, tools: Sequence[Tool]) -> Verdict:
    """Whether `negative` has a mistake of a kind of `PROOFS`: an answer, or its canonical text."""
    if not tools:
        return skipped("the row has no tools: their schemas prove a call wrong")
    try:
        calls = negative if isinstance(negative, ToolAnswer) else response.read(negative)
        offered = {tool["function"]["name"]: tool for tool in tools}
        reason = _wrong_response(response.calls, offered)
        reason = reason or _unproven(kind, response.calls, calls.calls, offered)
    except ValueError as error:
        return failed(str(error))
    except BadSchema as error:
        return skipped(f"a tool's schema cannot be used: {error}")
    return failed(reason) if reason else PASS


def wrong_response(response: ToolAnswer, tools: Sequence[Tool]) -> str | None:
    """Why the calls of a good answer are none; None where the tools take them, or are unknown."""
    try:
        offered = {tool["function"]["name"]: tool for tool in tools}
        return _wrong_response(response.calls, offered) if offered else None
    except BadSchema:
        return None


def _wrong_response(calls: Sequence[ToolCall], offered: Mapping[str, Tool]) -> str | None:
    for call in calls:
        if (values := call.values) is None:
            return f"the response's call of {call.name} has arguments that are not a JSON object"
        if call.name not in offered:
            return f"the response calls {call.name}, which is not on offer"
        if found := faults(offered[call.name], values):
            return f"the response's call of {call.name} is not accepted: {found[0].message}"
    return None


def _unproven(
    kind: str, good: Sequence[ToolCall], bad: Sequence[ToolCall], offered: Mapping[str, Tool]
) -> str | None:
    if len(good) != len(bad):
        return f"the response makes {len(good)} calls, the negative {len(bad)}: keep their number"
    changed = [(old, new) for old, new in zip(good, bad, strict=True) if not _same_call(old, new)]
    if not changed:
        return "no call differs in more than case, spaces or the order of its arguments"
    for old, new in changed:
        if (values := new.values) is None:
            return f"the arguments of {new.name} are not a JSON object"
        tool = offered.get(new.name)
        if tool is None:
            return f"no tool {new.name!r} is on offer: call one of {', '.join(offered)}"
        if reason := PROOFS[kind](old, new, values, tool):
            return reason
    return None


def _wrong_tool(old: ToolCall, new: ToolCall, values: Arguments, tool: Tool) -> str | None:
    if new.name == old.name:
        return f"{new.name} is still called: call another of the tools on offer"
    return _refused(faults(tool, values), new.name)


def _wrong_argument(old: ToolCall, new: ToolCall, values: Arguments, tool: Tool) -> str | None:
    before = old.values or {}
    if reason := _other_tool(old, new):
        return reason
    if before.keys() != values.keys():
        names = ", ".join(sorted(before.keys() ^ values.keys()))
        return f"the call has other arguments ({names}): change the value of one that is there"
    return _refused(faults(tool, values), new.name)


def _missing_argument(old: ToolCall, new: ToolCall, values: Arguments, tool: Tool) -> str | None:
    before = old.values or {}
    if reason := _other_tool(old, new):
        return reason
    if not _is_part(values, before):
        return "the call changes or adds arguments: only leave one out"
    known = parameters_of(tool).get("properties") or {}
    for name in before.keys() - values.keys():
        rule = known.get(name)
        if isinstance(rule, dict) and "default" in rule and _same(rule["default"], before[name]):
            return f"{name} has the same value by default: leave out another argument"
    return None


def _invented_argument(old: ToolCall, new: ToolCall, values: Arguments, tool: Tool) -> str | None:
    if reason := _other_tool(old, new):
        return reason
    found = faults(tool, values)
    if not any(fault.kind == "invented" for fault in found):
        return (
            "the schema has all arguments and values of the call: "
            "use an argument, or a value of a closed list, that it lacks"
        )
    # What was renamed is missing as well.
    others = [fault for fault in found if fault.kind == "other"]
    return _refused(others, new.name)


PROOFS: dict[str, Callable[[ToolCall, ToolCall, Arguments, Tool], str | None]] = {
    "wrong-tool": _wrong_tool,
    "wrong-argument": _wrong_argument,
    "missing-argument": _missing_argument,
    "invented-argument": _invented_argument,
}
"""By error type: why a changed call (before, after, its arguments, its tool) lacks the mistake."""


def _other_tool(old: ToolCall, new: ToolCall) -> str | None:
    return None if new.name == old.name else f"{new.name} is called instead of {old.name}: keep it"


def _refused(found: Sequence[Fault], name: str) -> str | None:
    return f"{name} does not take these arguments: {found[0].message}" if found else None


def _same_call(one: ToolCall, other: ToolCall) -> bool:
    return one.name == other.name and _same(one.values, other.values)


def _same(one: Any, other: Any) -> bool:
    """Whether values mean the same: `1` and `1.0` do, `1` and `true` do not, nor `1` and `"1"`."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(_same(one[n], other[n]) for n in one)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
        case str(), str():
            return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _is_part(part: Any, whole: Any) -> bool:
    """Whether a value is another one with nothing changed but members of objects left out."""
    match part, whole:
        case dict(), dict():
            return part.keys() <= whole.keys() and all(_is_part(part[n], whole[n]) for n in part)
        case list(), list():
            return len(part) == len(whole) and all(map(_is_part, part, whole))
    return _same(part, whole)
