"""The seam between an injection mode and the stage that runs it.

A mode does no I/O. It is a generator: it yields the `Request` it wants answered, is sent
the `Completion`, and in the end returns an `Injection` or raises `InjectionError` with
the reason of its last failed attempt. So a mode is tested with plain strings, and the
engine alone decides how requests travel, are stored and retried.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from seapo_cli.calls import Tool, tools_text
from seapo_cli.completions import Completion, Request
from seapo_cli.messages import Message
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.rows import Edit

Severity = Literal["subtle", "moderate", "severe"]
AMOUNTS: dict[Severity, str] = {
    "subtle": "so slight that only a close reader finds it",
    "moderate": "clear to a reader who knows the matter, once pointed out",
    "severe": "so grave that it overturns what the answer says",
}
"""How blatant a mistake is, in words for the model."""


@dataclass(frozen=True, slots=True)
class Task:
    """One negative to make."""

    messages: tuple[Message, ...]
    """The conversation that `response` answers: system and earlier turns are context."""
    response: str
    """A `ToolAnswer` if the mistake goes into its tool calls."""
    error_type: ErrorType
    edits: int = 1
    """How many mistakes to inject."""
    severity: Severity = "moderate"
    seed: int = 0
    """Seed of this task's local draws and of its requests; differs by row and type."""
    attempts: int = 5
    """How many requests may be spent on one mistake before giving up."""
    tools: tuple[Tool, ...] = ()
    """The tools that the conversation offers."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A usable negative."""

    negative: str
    edits: tuple[Edit, ...]
    """Spans replaced in `response`, sorted, not overlapping. Applying them gives `negative`."""
    finish_reason: str | None
    note: str = ""
    """What becomes wrong, in the model's words."""


Steps = Generator[Request, Completion, Injection]


def conversation_text(messages: tuple[Message, ...], tools: tuple[Tool, ...] = ()) -> str:
    """The tools on offer and the turns as plain text, for a prompt that is about them."""
    parts = [f"[tools on offer]\n{tools_text(tools)}"] if tools else []
    parts += [f"[{_speaker(message)}]\n{message.answer}" for message in messages]
    return "\n\n".join(parts)


def _speaker(message: Message) -> str:
    return f"{message.role} {message.name}" if message.name else message.role
