"""Rows to pairs: every format that `pair` writes, what `inject` writes, and KTO's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seapo_cli.calls import Tool, read_tools
from seapo_cli.errors import RowError
from seapo_cli.jsonl import open_input, read_lines
from seapo_cli.records import Keys, Message, error_type_of, read_messages, read_row

_CHOSEN_KEYS = ("chosen", "response")
_REJECTED_KEYS = ("rejected", "negative")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt; one of them is missing where a row judges a single answer."""

    prompt: tuple[Message, ...]
    chosen: str | None
    rejected: str | None
    error_type: str | None = None
    weight: float = 1.0
    """A row of weight 2 counts like two such rows."""
    margin: float = 0.0
    """By how much chosen's reward should lead, with `--row-margins`."""
    where: str = ""
    """FILE:LINE."""
    source: str | None = None
    """Where the prompt comes from, as the row says."""
    tools: tuple[Tool, ...] = ()
    """What the prompt offers to call."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that holds no pair, and why."""

    file: str
    line: int
    reason: str


def read_pairs(files: Sequence[Path | str]) -> Iterator[Pair | BadRow]:
    """The pairs of JSONL files, in order; `-` is stdin.

    Raises:
        UsageError: a file cannot be opened.
    """
    for file in map(str, files):
        name = "stdin" if file == "-" else file
        with open_input(file) as stream:
            for line in (line for lines in read_lines(stream) for line in lines):
                try:
                    if line.error:
                        raise RowError(line.error)
                    yield read_pair(line.data, f"{name}:{line.number}")
                except RowError as error:
                    yield BadRow(name, line.number, str(error))


def read_pair(data: object, where: str = "") -> Pair:
    """Read one decoded JSON line.

    Raises:
        RowError: it is no pair and no judged answer.
    """
    if not isinstance(data, dict):
        raise RowError("a row must be a JSON object")
    data = dict(data)
    if "conversations" in data:
        data["messages"] = data.pop("conversations")
    if "instruction" in data:
        data["messages"] = _alpaca(data)
    prompt, chosen, rejected = _single(data) if "label" in data else _both(data)
    source = data.get("source")
    return Pair(
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        error_type=error_type_of(data),
        weight=_number(data, "weight", 1.0, positive=True),
        margin=_number(data, "margin", 0.0),
        where=where,
        source=source if isinstance(source, str) else None,
        tools=read_tools(data.get("tools")),
    )


def _both(data: dict[str, Any]) -> tuple[tuple[Message, ...], str, str]:
    prompt, chosen = _answered(data, _CHOSEN_KEYS)
    other, rejected = _answered(data, _REJECTED_KEYS)
    if prompt != other:
        raise RowError("chosen and rejected must differ in their last turn only")
    return prompt, chosen, rejected


def _single(data: dict[str, Any]) -> tuple[tuple[Message, ...], str | None, str | None]:
    if not isinstance(data["label"], bool):
        raise RowError("key 'label' must be true or false")
    if "completion" in data:
        prompt, answer = _answered(data, ("completion",))
    else:
        row = read_row(data)
        if row.response is None:
            raise RowError("no answer: expected key 'completion', or messages that end with one")
        prompt, answer = row.messages, row.response
    return (prompt, answer, None) if data["label"] else (prompt, None, answer)


def _answered(data: dict[str, Any], names: tuple[str, ...]) -> tuple[tuple[Message, ...], str]:
    """The prompt and one answer, which may repeat the prompt or add turns to it."""
    name = next((n for n in names if data.get(n) is not None), None)
    if name is None:
        raise RowError(f"no key {names[0]!r}: a pair needs prompt, chosen and rejected")
    row = read_row(data, Keys(response=name))
    assert row.response is not None
    value = data[name]
    turns = () if isinstance(value, str) else read_messages(value, name)[:-1]
    known = len(row.messages)
    repeats = row.messages in (turns[:known], turns[-known:])
    return (turns if repeats else row.messages + turns), row.response


def _alpaca(data: dict[str, Any]) -> list[dict[str, str]]:
    """LLaMA-Factory's `system`, `history` (pairs of request and answer), `instruction`, `input`."""
    instruction, more = data.pop("instruction"), data.pop("input", None)
    system, history = data.pop("system", None), data.pop("history", None) or []
    try:
        spoken = [
            (("user", "assistant")[n % 2], one) for pair in history for n, one in enumerate(pair)
        ]
    except TypeError:
        raise RowError("key 'history' must hold pairs of request and answer") from None
    request = f"{instruction}\n\n{more}" if more else instruction
    turns = [("system", system)] * bool(system) + spoken + [("user", request)]
    return [{"role": role, "content": content} for role, content in turns]


def _number(data: Mapping[str, Any], name: str, default: float, positive: bool = False) -> float:
    value = data.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RowError(f"key {name!r} must be a number")
    if positive and value <= 0:
        raise RowError(f"key {name!r} must be over 0")
    return float(value)
