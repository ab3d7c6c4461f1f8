"""Messages: one turn of a conversation, and how it is read in every dialect that data sets use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from seapo_cli.calls import Form, ToolAnswer, ToolCall, canonical_json, read_calls
from seapo_cli.exceptions import RowError
from seapo_cli.io.json_text import decode


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    """The calls of an assistant's turn."""
    tool_call_id: str | None = None
    """The call that a tool's turn answers."""
    name: str | None = None
    """The tool whose turn it is."""

    @property
    def answer(self) -> str:
        """What the turn says and calls, as text."""
        return ToolAnswer(self.content, self.tool_calls) if self.tool_calls else self.content

    @classmethod
    def of(cls, answer: str) -> Message:
        """The assistant's turn that an answer is."""
        if isinstance(answer, ToolAnswer):
            return cls(role="assistant", content=answer.content, tool_calls=answer.calls)
        return cls(role="assistant", content=answer)

    def dump(self, form: Form = "given") -> dict[str, Any]:
        """The turn in OpenAI's form."""
        found: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            found["tool_calls"] = [call.dump(form) for call in self.tool_calls]
        for name in ("tool_call_id", "name"):
            if (value := getattr(self, name)) is not None:
                found[name] = value
        return found

    @property
    def key(self) -> list[Any]:
        """What stands for the turn in hashes: role and content, and what more there is of tools."""
        plain = not (self.tool_calls or self.tool_call_id or self.name)
        return [self.role, self.content, *([] if plain else [canonical_json(self.dump())])]


_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant"}
"""Roles by their names in ShareGPT's `from`."""

Prompt = str | tuple[Message, ...]
_messages = TypeAdapter(tuple[Message, ...])


def answer_text(value: object, name: str) -> str:
    """An answer that is a string, a message, or the last turn of a list of messages.

    Raises:
        RowError: it is something else.
    """
    if isinstance(value, str):
        return value
    messages = read_messages(value, name)
    if messages[-1].role != "assistant":
        raise RowError(f"key {name!r} must end with an assistant turn")
    return messages[-1].answer


def read_messages(value: object, name: str) -> tuple[Message, ...]:
    """Read one message or a list of them, found under the key `name`.

    Raises:
        RowError: it is something else.
    """
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise RowError(
            f"key {name!r} must be a string or a list of messages, it is {kind_of(value)}"
        )
    try:
        return _messages.validate_python([_turn(one, name) for one in value])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RowError(f"key {name!r}: message {where}: {first['msg']}") from None


def _turn(value: object, name: str) -> object:
    """A turn as role and text: ShareGPT's `from` and `value` too, and content in parts of text.

    Raises:
        RowError: it holds more than text.
    """
    if not isinstance(value, dict):
        return value
    if value.keys() >= {"from", "value"}:
        role = value["from"]
        value = {
            "role": _SPEAKERS.get(role, role) if isinstance(role, str) else role,
            "content": value["value"],
        }
    role, content = value.get("role"), value.get("content")
    if role == "function_call":  # ShareGPT's, as LLaMA-Factory reads it
        value = {"role": "assistant", "tool_calls": _shared_calls(content, name)}
    elif role == "observation":
        value = {"role": "tool", "content": content}
    if calls := value.get("tool_calls"):
        content = content if value.get("content") is not None else ""
        value = {**value, "content": content, "tool_calls": read_calls(calls, f"key {name!r}")}
    else:
        value = {key: one for key, one in value.items() if key != "tool_calls"}
    if value.get("role") != "tool":  # elsewhere a name says who speaks
        value = {key: one for key, one in value.items() if key not in ("name", "tool_call_id")}
    if not isinstance(content, list):
        return value
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
        raise RowError(
            f"key {name!r} holds images or other parts, seapo reads text only: leave such rows out"
        )
    return {**value, "content": "\n".join(map(str, texts))}


def _shared_calls(value: object, name: str) -> object:
    """The calls in a turn of ShareGPT's, whose value is their JSON."""
    try:
        found = decode(value.encode()) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise RowError(f"key {name!r}: a function_call is not valid JSON") from None
    return found if isinstance(found, list) else [found]


def dump_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as rows and trainers hold them."""
    return [message.dump() for message in messages]


def kind_of(value: object) -> str:
    """What JSON calls a value's type."""
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number"}
    names |= {str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)
