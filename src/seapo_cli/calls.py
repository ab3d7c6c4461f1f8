"""Tool calls: as messages hold them, and as the text in which a model sees and edits them.

The canonical text of an answer that calls tools is what it says, then one JSON object per call,
each on a line of its own: `{"name": "get_weather", "arguments": {"city": "Lima"}}`. Offsets of
edits are in characters of this text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict

from seapo_cli.exceptions import RowError
from seapo_cli.io.json_text import decode

Form = Literal["given", "text", "object"]
"""How arguments are written: as they came, as JSON in a string, as an object."""
Tool = Mapping[str, Any]
"""OpenAI's form: `{"type": "function", "function": {"name", "description", "parameters"}}`."""
_COMPACT = (",", ":")


class ToolCall(BaseModel):
    """One call of a tool."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    arguments: str | dict[str, Any] = "{}"
    """JSON in a string, as OpenAI has it, or the object itself."""
    id: str | None = None

    @property
    def values(self) -> dict[str, Any] | None:
        """The arguments by name; None where they are not a JSON object."""
        if isinstance(self.arguments, dict):
            return self.arguments
        try:
            found = decode(self.arguments.encode())
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def line(self) -> str:
        """The canonical text; arguments that cannot be read stand there as a string."""
        values = self.values
        arguments = self.arguments if values is None else values
        return _json({"name": self.name, "arguments": arguments})

    def dump(self, form: Form = "given") -> dict[str, Any]:
        """The call in OpenAI's form."""
        arguments: Any = self.arguments
        if form == "text" and isinstance(arguments, dict):
            arguments = _json(arguments)
        if form == "object" and (values := self.values) is not None:
            arguments = values
        called = {"name": self.name, "arguments": arguments}
        return {**({"id": self.id} if self.id else {}), "type": "function", "function": called}


class ToolAnswer(str):
    """An answer that calls tools, as its canonical text.

    It is a string wherever texts are compared, changed and shown; what writes rows or messages
    takes `content` and `calls`.
    """

    content: str
    calls: tuple[ToolCall, ...]

    def __new__(cls, content: str, calls: Sequence[ToolCall]) -> ToolAnswer:
        parts = [content] if content else []
        found = super().__new__(cls, "\n".join([*parts, *(call.line for call in calls)]))
        found.content, found.calls = content, tuple(calls)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return ToolAnswer, (self.content, self.calls)

    def with_content(self, content: str) -> ToolAnswer:
        """The same calls after another text."""
        return ToolAnswer(content, self.calls)

    def read(self, text: str) -> ToolAnswer:
        """A changed version of the canonical text, as an answer.

        Calls keep the ids and the writing of those that they come from.

        Raises:
            ValueError: a line of it is not a call; says what is wrong.
        """
        head = f"{self.content}\n" if self.content else ""
        if head and text.startswith(head):
            content, lines = self.content, text.removeprefix(head).splitlines()
        else:
            content, lines = _split(text)
        found = [_read_line(line) for line in lines if line.strip()]
        if not found:
            raise ValueError("it calls no tool any more: keep one line of JSON for each call")
        return ToolAnswer(content, [self._as_before(call, at) for at, call in enumerate(found)])

    def _as_before(self, call: ToolCall, at: int) -> ToolCall:
        """A call with the id and in the form of the one in its place."""
        if at >= len(self.calls):
            return call
        old = self.calls[at]
        if call.line == old.line:
            return old
        arguments: Any = call.values
        if isinstance(old.arguments, str):
            packed = _json(old.values, _COMPACT) == old.arguments
            arguments = _json(arguments, _COMPACT) if packed else _json(arguments)
        return ToolCall(name=call.name, arguments=arguments, id=old.id)


def _split(text: str) -> tuple[str, list[str]]:
    """The text before the calls at its end, and their lines."""
    lines = text.rstrip().split("\n")
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith("{"):
        start -= 1
    return "\n".join(lines[:start]).rstrip(), lines[start:]


def _read_line(line: str) -> ToolCall:
    try:
        found = decode(line.strip().encode())
    except (ValueError, RecursionError):
        raise ValueError(f"a call is not valid JSON any more: {_shown(line)}") from None
    match found:
        case {"name": str(name), "arguments": dict(arguments)} if len(found) == 2 and name:
            return ToolCall(name=name, arguments=arguments)
    raise ValueError(f'a call has a "name" and "arguments", an object: {_shown(line)}')


def _shown(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 80 else f"{line[:77]}..."


def canonical_json(value: Any) -> str:
    """JSON as a key: equal for equal values, whatever their size."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _json(value: Any, separators: tuple[str, str] | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, separators=separators)


def dump_answer(answer: str) -> str | dict[str, Any]:
    """An answer as rows hold it: a text, or a message where it calls tools."""
    return answer_message(answer) if isinstance(answer, ToolAnswer) else answer


def answer_message(answer: str, form: Form = "given") -> dict[str, Any]:
    """An answer as an assistant's message."""
    if not isinstance(answer, ToolAnswer):
        return {"role": "assistant", "content": answer}
    calls = [call.dump(form) for call in answer.calls]
    return {"role": "assistant", "content": answer.content, "tool_calls": calls}


def read_calls(value: object, where: str) -> list[dict[str, Any]]:
    """The calls of a message, OpenAI's or bare `{name, arguments}`, as fields of `ToolCall`.

    Raises:
        RowError: one of them is something else.
    """
    return [_fields(one, where) for one in (value if isinstance(value, list) else [value])]


def _fields(one: Any, where: str) -> dict[str, Any]:
    match one.get("function", one) if isinstance(one, dict) else None:
        case {"name": str(name), "arguments": str() | dict() as arguments} if name:
            number = one.get("id")
            known = number if isinstance(number, str) else None
            return {"name": name, "arguments": arguments, "id": known}
    raise RowError(f"{where}: a tool call needs a function's name and its arguments")


def read_tools(value: object) -> tuple[Tool, ...]:
    """The tools that a row offers, under the key `tools`: a list of schemas, or JSON of one.

    Anything else under that key is the user's own.

    Raises:
        RowError: it is a list of objects that are not functions.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = decode(value.encode())
        except (ValueError, RecursionError):
            return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return ()
    return tuple(_tool(one) for one in value)


def _tool(one: dict[str, Any]) -> Tool:
    function = one.get("function", one)
    if isinstance(function, dict) and isinstance(function.get("parameters") or {}, dict):
        name = function.get("name")
        if name and isinstance(name, str):
            return _sendable({"type": "function", "function": function})
    raise RowError(
        "key 'tools' must hold function schemas: "
        '[{"type": "function", "function": {"name": ..., "parameters": {...}}}]'
    )


def _sendable(tool: Tool) -> Tool:
    """The tool, if a request can hold it.

    Raises:
        RowError: it holds numbers beyond 64 bits, or is nested too deeply.
    """
    try:
        orjson.dumps(tool)
    except orjson.JSONEncodeError as error:
        raise RowError(
            f"key 'tools': {tool['function']['name']!r} cannot be sent: {error}"
        ) from None
    return tool


def tools_text(tools: Sequence[Tool]) -> str:
    """The tools as text, one JSON object each: name, description and parameters."""
    kept = ("name", "description", "parameters")
    return "\n".join(
        _json({name: tool["function"][name] for name in kept if name in tool["function"]})
        for tool in tools
    )
