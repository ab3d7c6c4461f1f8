"""What a format is, and the parts that formats are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

from seapo_cli.calls import ToolAnswer
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message, Prompt
from seapo_cli.rows import Row

Data = dict[str, Any]
"""A row as a trainer reads it."""


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """A good answer to a prompt and a worse one."""

    row: Row
    """Where it comes from, and its prompt."""
    chosen: str
    rejected: str
    error_type: str | None = None
    score_chosen: float | None = None
    score_rejected: float | None = None
    margin: float | None = None
    """By how much chosen's score leads, where that is wanted as a column."""
    first: bool = True
    """Whether it is the first pair with this answer: for formats with one answer per row."""


@dataclass(frozen=True, slots=True)
class Format:
    """A trainer's format."""

    rows: Callable[[ScoredPair], Sequence[Data]]
    """The rows that a pair becomes."""
    check: Callable[[Row], object] | None = None
    """Raises `RowError` for a prompt that the format cannot hold; None holds all."""
    unpaired: bool = False
    """Whether each row has one answer, good or bad."""
    scores: Literal["margin", "columns"] | None = None
    """Where its readers look for scores: `margin`, chosen's lead, or columns of its own."""
    dataset_info: Mapping[str, Any] | None = None
    """What LLaMA-Factory's `dataset_info.json` says of such a file, but for its name."""


def prompt_text(row: Row) -> str:
    """The prompt as a string.

    Raises:
        RowError: it has several turns, and only a chat template could join them.
    """
    prompt: Prompt = row.prompt
    refuse_calls(row)
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1 and prompt[0].role == "user":
        return prompt[0].content
    raise RowError("the prompt has several turns: take a format for chats, such as trl-chat")


def refuse_calls(row: Row) -> None:
    """For formats that hold texts only.

    Raises:
        RowError: the row offers or calls tools.
    """
    called = isinstance(row.response, ToolAnswer) or any(len(turn.key) > 2 for turn in row.messages)
    if row.tools or called:
        raise RowError("the row calls tools: take a format for chats, such as trl-chat")


def labelled_rows(pair: ScoredPair, row: Callable[[str, bool], Data]) -> list[Data]:
    """Rows with one answer each and its label: the good answer once, and each of its negatives."""
    bad = row(pair.rejected, False)
    return [row(pair.chosen, True), bad] if pair.first else [bad]


def system_and_turns(row: Row) -> tuple[str, list[Message]]:
    """The system prompt (or an empty one), and user and assistant turns one after the other.

    Raises:
        RowError: they do not alternate, from a user turn to a user turn.
    """
    refuse_calls(row)
    system, *rest = row.messages
    if system.role not in ("system", "developer"):
        system, rest = Message(role="system", content=""), list(row.messages)
    if len(rest) % 2 == 0 or any(
        m.role != role for m, role in zip(rest, cycle(("user", "assistant")), strict=False)
    ):
        raise RowError("LLaMA-Factory reads user and assistant turns by turns, a user turn last")
    return system.content, rest
