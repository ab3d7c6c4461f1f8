"""Rows to pairs: every format that `pair` writes, what `inject` writes, and KTO's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from seapo_cli.calls import Tool, read_tools
from seapo_cli.exceptions import RowError
from seapo_cli.io.jsonl import input_name, lines_of
from seapo_cli.messages import Message, read_messages
from seapo_cli.rows import Edit, Keys, error_type_of, read_row
from seapo_cli.text.difference import edits_between

_CHOSEN_KEYS = ("chosen", "response")
_REJECTED_KEYS = ("rejected", "negative")
OF_EACH = ("error_type", "error", "checks", "weight", "margin", "chosen_spans", "rejected_spans")
"""Keys that hold a value for each where a row has several rejected answers."""
_Character = Annotated[int, Field(ge=0, strict=True)]
_span_lists = TypeAdapter(tuple[tuple[_Character, _Character], ...])
_edits = TypeAdapter(tuple[Edit, ...])


Span = tuple[int, int]
"""First character, and the one after the last; an empty one marks where something is missing."""


@dataclass(frozen=True, slots=True)
class Spans:
    """What differs between two answers, in characters of each; both have as many."""

    chosen: tuple[Span, ...]
    rejected: tuple[Span, ...]

    @classmethod
    def of(cls, edits: Iterable[Edit]) -> Spans:
        """Where edits (sorted, not overlapping) of chosen lie in both answers."""
        chosen, rejected, shift = [], [], 0
        for edit in edits:
            chosen.append((edit.start, edit.end))
            start = edit.start + shift
            rejected.append((start, start + len(edit.replacement)))
            shift += len(edit.replacement) - (edit.end - edit.start)
        return cls(tuple(chosen), tuple(rejected))


@dataclass(frozen=True, slots=True)
class PreferencePair:
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
    """The row's `source`: where the prompt comes from."""
    tools: tuple[Tool, ...] = ()
    """What the prompt offers to call."""
    spans: Spans | None = None
    """What was changed, where the row records it."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that holds no pair, and why."""

    file: str
    line: int
    reason: str


def read_pairs(files: Sequence[Path | str]) -> Iterator[PreferencePair | BadRow]:
    """The pairs of JSONL files, in order; `-` is stdin.

    Raises:
        UsageError: a file cannot be opened.
    """
    for file in map(str, files):
        name = input_name(file)
        for line in lines_of(file):
            try:
                yield from read_row_pairs(line.value, f"{name}:{line.number}")
            except RowError as error:
                yield BadRow(name, line.number, str(error))


def read_row_pairs(data: object, where: str = "") -> list[PreferencePair]:
    """Read one decoded JSON line; `rejected` may be a list of answers (`seapo pair --group`).

    Raises:
        RowError: it holds no pair and no judged answer.
    """
    return [read_pair(one, where) for one in single_pairs(data)]


def single_pairs(data: object) -> list[Any]:
    """A decoded JSON line as rows of one rejected answer each; any other line as it is.

    What is known of each rejected answer, such as `error_type`, is a list as well.

    Raises:
        RowError: there are more or fewer of something than rejected answers.
    """
    if not isinstance(data, dict) or not _several(data.get("rejected")):
        return [data]
    each = ("rejected", *OF_EACH)
    lists = {name: data[name] for name in each if isinstance(data.get(name), list)}
    count = len(lists["rejected"])
    for name, values in lists.items():
        if len(values) != count:
            raise RowError(f"key {name!r} has {len(values)} values for {count} rejected")
    return [
        data | {name: values[place] for name, values in lists.items()} for place in range(count)
    ]


def _several(rejected: object) -> bool:
    """Whether it is a list of answers, and not the turns of one."""
    return isinstance(rejected, list) and bool(rejected) and isinstance(rejected[0], str | list)


def read_pair(data: object, where: str = "") -> PreferencePair:
    """Read one decoded JSON line that has one pair.

    Raises:
        RowError: it is neither a pair nor a judged answer.
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
    return PreferencePair(
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        error_type=error_type_of(data),
        weight=_number(data, "weight", 1.0, positive=True),
        margin=_number(data, "margin", 0.0),
        where=where,
        source=source if isinstance(source, str) else None,
        tools=read_tools(data.get("tools")),
        spans=_spans(data, chosen, rejected),
    )


def known_edits(error: object, good: str, bad: str) -> tuple[Edit, ...]:
    """The edits recorded in `error`, if they really turn one answer into the other."""
    try:
        edits = _edits.validate_python(error["edits"]) if isinstance(error, Mapping) else ()
    except (KeyError, ValidationError):
        return ()
    text, position = "", 0
    for edit in edits:
        text += good[position : edit.start] + edit.replacement
        position = edit.end
    return edits if text + good[position:] == bad else ()


def edits_of(error: object, good: str, bad: str) -> tuple[Edit, ...]:
    """The edits that turn one answer into the other: those in `error`, else by comparison."""
    return known_edits(error, good, bad) or edits_between(good, bad)


def _spans(data: Mapping[str, Any], chosen: str | None, rejected: str | None) -> Spans | None:
    """From the columns of `seapo pair --spans`, else from the edits of `seapo inject`."""
    if chosen is None or rejected is None:
        return None
    names = ("chosen_spans", "rejected_spans")
    if all(data.get(name) is not None for name in names):
        return Spans(*(_read_spans(data[name], name) for name in names))
    edits = known_edits(data.get("error"), chosen, rejected)
    return Spans.of(edits) if edits else None


def _read_spans(value: object, name: str) -> tuple[Span, ...]:
    try:
        return _span_lists.validate_python(value)
    except ValidationError:
        raise RowError(f"key {name!r} must be a list of pairs of numbers, start and end") from None


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
