"""What a reviewer sees of a row, and what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seapo_cli.calls import tools_text
from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import Span, Spans, edits_of
from seapo_cli.messages import Message
from seapo_cli.mistakes.error_types import error_types
from seapo_cli.report.entry import key_of
from seapo_cli.report.marks import whole_words
from seapo_cli.rows import Edit, Keys, Row, error_type_of, read_sides
from seapo_cli.text.safe import label

YES, NO = "yes", "no"
OTHER_TYPE = "none of these"
SCALE = (1, 2, 3, 4, 5)
FIELDS = {
    "prompt": "Request",
    "chosen": "Good answer",
    "rejected": "Answer with the mistake",
    "changes": "What was changed: - before, + after",
}
"""What is shown, with its heading."""
QUESTIONS = {
    "worse": "Is the second answer really worse?",
    "type": "Which kind of mistake is it?",
    "believable": "How believable is the mistake? 1: nobody falls for it, 5: an expert might",
    "comment": "Comment",
}
MARKS = {"original": "chosen", "mistake": "rejected"}
"""What was replaced and what replaced it, and in which answer it is marked."""
GUIDELINES = (
    "Each row has a good answer to a request, and the same answer with a mistake put into it on "
    "purpose. Worse means wrong, misleading or missing something that matters: not merely other "
    "words. Judge what the answer says, and look up what you do not know."
)
_CLEAN = {0: "\ufffd"}
"""The databases of both tools refuse the character NUL; its place is kept, as spans count it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A pair to be judged."""

    key: str
    id: str
    fields: Mapping[str, str]
    """Texts by the names of `FIELDS`."""
    marks: Mapping[str, Sequence[Span]]
    """Spans, none of them empty, by the names of `MARKS`; in characters."""
    error_type: str | None


def read_item(row: Row, keys: Keys) -> Item:
    """What there is to judge of a row.

    Raises:
        RowError: it does not hold two answers that differ.
    """
    good, bad = review_sides(row, keys)
    if good == bad:
        raise RowError("both answers are the same: there is nothing to judge")
    edits = whole_words(good, edits_of(row.data.get("error"), good, bad))
    spans = Spans.of(edits)
    texts = (_prompt(row), good, bad, _changes(edits))
    marks = (spans.chosen, spans.rejected)
    return Item(
        key=review_key(row.messages, good, bad),
        id=row.id,
        fields={name: text.translate(_CLEAN) for name, text in zip(FIELDS, texts, strict=True)},
        marks={
            name: [span for span in found if span[0] < span[1]]
            for name, found in zip(MARKS, marks, strict=True)
        },
        error_type=type_of(row.data),
    )


def review_sides(row: Row, keys: Keys) -> tuple[str, str]:
    """The good answer and the bad one of a row that has one of each.

    Raises:
        RowError: it has not.
    """
    rejected = row.data.get(keys.negative or "rejected")
    if isinstance(rejected, list) and any(isinstance(one, str | list) for one in rejected):
        raise RowError("several negatives in one row: review comes before `seapo pair --group`")
    return read_sides(row, keys)


def review_key(prompt: Sequence[Message], good: str, bad: str) -> str:
    """What names a pair in the tools: the same for the same texts, in any file and format."""
    return f"{key_of(prompt, good, bad):016x}"


def type_of(data: Mapping[str, Any]) -> str | None:
    """The type that a row claims, as the tools show it."""
    claimed = error_type_of(data)
    return label(claimed) if claimed else None


def type_names(claimed: Sequence[str]) -> list[str]:
    """The kinds of mistake to choose from: those that rows claim and the general ones."""
    general = (kind.name for kind in error_types().values() if "general" in kind.packs)
    names = dict.fromkeys([*claimed, *general])
    return [*(name for name in names if name != OTHER_TYPE), OTHER_TYPE]


def _prompt(row: Row) -> str:
    """The conversation, with who speaks where there is more than a request; tools below it."""
    turns = row.messages
    parts = [turns[0].content] if len(turns) == 1 else [f"[{t.role}]\n{t.answer}" for t in turns]
    tools = [f"[tools]\n{tools_text(row.tools)}"] if row.tools else []
    return "\n\n".join(parts + tools)


def _changes(edits: Sequence[Edit]) -> str:
    return "\n\n".join(f"- {edit.original}\n+ {edit.replacement}" for edit in edits)
