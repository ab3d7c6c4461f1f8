"""What a model is asked, item by item, and how a task scores the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from seapo_cli.calls import Tool, dump_answer
from seapo_cli.completions import Completion, LogProb, Request
from seapo_cli.exceptions import RowError
from seapo_cli.io.jsonl import Line, input_name, lines_of
from seapo_cli.messages import Message

Found = dict[str, Any]
"""The keys of a result that say how a model did."""
HEADS = {
    "right": "right",
    "right_by_sum": "by sum",
    "right_by_length": "by length",
    "right_loosely": "loosely",
    "score": "score",
    "scaled_margin": "margin/spread",
    "auc": "AUC",
    "chosen": "log p chosen",
}
"""How tables call a task's figures, in order; those with an interval first."""
SIGNIFICANT = 0.05
"""Tables mark differences whose p-value, after Holm's method, is below this."""


@dataclass(frozen=True, slots=True)
class Question:
    """Texts to score after the same beginning: a conversation, or plain text."""

    answers: tuple[str, ...]
    messages: tuple[Message, ...] = ()
    """Goes through the model's chat template, with the tools on offer."""
    tools: tuple[Tool, ...] = ()
    context: str | None = None
    """Goes to the model as it is."""

    def dump(self) -> dict[str, Any]:
        """For the program that scores."""
        if self.context is not None:
            return {"context": self.context, "answers": self.answers}
        turns = [turn.dump("text") for turn in self.messages]
        answers = list(map(dump_answer, self.answers))
        return {"messages": turns, "tools": self.tools, "answers": answers}


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a task."""

    line: int
    """Line in the task's file: the same item has the same line for every model."""
    id: str
    cluster: str
    """Items of one cluster are not independent of each other."""
    data: object
    """The row, for the errors file."""
    error: str = ""
    """Why it cannot be asked."""
    labels: Mapping[str, str] | None = None
    """`type` and `source`, of pairs."""
    question: Question | None = None
    read: Callable[[Sequence[LogProb]], Found] | None = None
    """Turns the scores of the question's answers into a result."""
    request: Request | None = None
    check: Callable[[Completion], Awaitable[Found]] | None = None
    """The result of a written answer.

    Raises:
        RowError: it cannot be judged.
    """


Answered = list[tuple[Item, Found | RowError]]
"""Items with their results."""
Needs = Literal["chat scores", "text scores", "answers", "harness"]
"""Log-probabilities of answers in a conversation, those of plain text, written answers, or
lm-evaluation-harness."""
OUTCOMES = ("right", "right_by_sum", "right_by_length", "right_loosely", "score")
"""Keys of results that are reported, the main one first."""


@dataclass(frozen=True, slots=True)
class Task:
    """A set of items that are asked and scored in one way."""

    name: str
    file: str
    needs: Needs
    items: Sequence[Item] = ()
    """Those of lm-evaluation-harness are only known once it has run."""
    runs_code: bool = False
    """Whether code that models write is run."""

    @property
    def origin(self) -> str:
        """The name of the source of its items, for messages."""
        return input_name(self.file) if self.file else self.name


def read_items(
    file: str, read: Callable[[dict[str, Any], int], Item], limit: int | None = None
) -> list[Item]:
    """The items of a JSONL file; those of bad lines say what is wrong.

    Raises:
        UsageError: the file cannot be opened.
    """
    return [_read(line, read) for line in islice(lines_of(file), limit)]


def _read(line: Line, read: Callable[[dict[str, Any], int], Item]) -> Item:
    number = line.number
    try:
        if not isinstance(line.value, dict):
            raise RowError("a row must be a JSON object")
        return read(line.value, number)
    except RowError as error:
        return Item(number, f"line {number}", "", line.data, error=str(error))


def rounded(score: LogProb) -> dict[str, Any]:
    """A log-probability as results hold it."""
    return {"sum": round(score.sum, 5), "tokens": score.tokens}


def row_id(data: Mapping[str, Any], line: int) -> str:
    """A row's own `id`, else its line."""
    found = data.get("id")
    return str(found) if isinstance(found, str | int) else str(line)


def text_of(data: Mapping[str, Any], key: str) -> str:
    """The text under a key.

    Raises:
        RowError: there is none.
    """
    found = data.get(key)
    if not isinstance(found, str) or not found.strip():
        raise RowError(f"key {key!r} must be a text")
    return found


def is_file(name: str) -> bool:
    """Whether a task's name is that of a file."""
    return name == "-" or "://" in name or Path(name).exists()
