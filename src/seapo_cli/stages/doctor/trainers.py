"""What each trainer reads: which kinds of rows, and which columns for what.

By the sources of TRL 1.16, and of axolotl, OpenRLHF and LLaMA-Factory as `seapo pair` writes for
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "messages", "message", "flag", "other"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of row that a trainer reads."""

    kinds: Mapping[str, tuple[str, ...]]
    templated: bool = True
    """Whether the chat template is applied to it."""

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether the row has all columns, each of a kind that is read."""
        return all(kind_of(row.get(name)) in kinds for name, kinds in self.kinds.items())

    def __str__(self) -> str:
        return ", ".join(f"{name} ({' or '.join(kinds)})" for name, kinds in self.kinds.items())


@dataclass(frozen=True, slots=True)
class Trainer:
    """What is known of a trainer."""

    name: str
    columns: Mapping[str, str]
    """What it does with each column that it reads."""
    shapes: Sequence[Shape] = ()
    """Empty where seapo's own reader decides."""
    without: Mapping[str, str] = field(default_factory=dict)
    """What it does where a column is missing."""
    own_template: bool = False
    """Whether it has chat templates of its own in place of the tokenizer's."""
    begins: bool = True
    """Whether rows of strings get the token that the tokenizer puts first."""
    ends: Literal["missing", "always", "never"] = "always"
    """When it puts the tokenizer's end token after a rendered answer: where the template ends it
    with none, whenever the text does not end with that very token, or never."""

    def shape_of(self, row: Mapping[str, Any]) -> Shape | None:
        """The kind of row that it takes this one for."""
        return next((shape for shape in self.shapes if shape.fits(row)), None)

    def fault(self, row: Mapping[str, Any]) -> str | None:
        """Why it cannot read a row as it is meant; None where it can."""
        if not self.shapes:
            return None
        if (shape := self.shape_of(row)) is not None:
            return _prompt_twice(row) or _answer_in_prompt(row, shape)
        missing = [f"no column {name!r}: {why}" for name, why in self.without.items()]
        if missing and not any(name in row for name in self.without):
            return missing[0]
        there = [
            f"{name} ({kind_of(row[name])})"
            for name in dict.fromkeys(name for shape in self.shapes for name in shape.kinds)
            if name in row
        ]
        wanted = "; or ".join(map(str, self.shapes))
        return f"{self.name} reads {wanted}; this row has {', '.join(there) or 'none of these'}"


def kind_of(value: object) -> Kind:
    """What a column holds."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, dict):
        return "message"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return "messages"
    return "other"


def _prompt_twice(row: Mapping[str, Any]) -> str | None:
    """Where columns of messages are put one after the other."""
    prompt = row.get("prompt")
    if not isinstance(prompt, list):
        return None
    for name in ("chosen", "rejected", "completion"):
        turns = row.get(name)
        if isinstance(turns, list) and turns[: len(prompt)] == prompt:
            return f"column {name!r} repeats the prompt, which would come twice"
    return None


def _answer_in_prompt(row: Mapping[str, Any], shape: Shape) -> str | None:
    """Where `messages` are whole conversations, and answers stand beside them."""
    turns = row.get("messages")
    both = {"messages", "chosen"} <= shape.kinds.keys()
    if both and isinstance(turns, list) and turns[-1].get("role") == "assistant":
        return "column 'messages' ends with an answer, which would be part of the prompt"
    return None


def _shape(templated: bool = True, **kinds: str) -> Shape:
    return Shape({name: tuple(one.split("|")) for name, one in kinds.items()}, templated)


_SIDES = {"chosen": "the better answer", "rejected": "the worse answer"}
_PLAIN = {"prompt": "what is asked", **_SIDES}
_JUDGED = {"completion": "the answer", "label": "whether it is good"}
_TEXTS = _shape(templated=False, prompt="text", chosen="text", rejected="text")
_CHATS = _shape(prompt="messages", chosen="messages", rejected="messages")

SEAPO = Trainer(
    "seapo",
    {
        **_PLAIN,
        **_JUDGED,
        **dict.fromkeys(("messages", "conversations", "instruction", "question"), "what is asked"),
        **dict.fromkeys(("system", "input", "history"), "part of what is asked"),
        "response": "the better answer",
        "negative": "the worse answer",
        "tools": "what the prompt offers to call",
        "weight": "how often the row counts",
        "margin": "chosen's lead, with --row-margins",
        "error": "which tokens were changed, with --span-weight; type, for metrics",
        "error_type": "type, for metrics",
        "chosen_spans": "which tokens were changed, with --span-weight",
        "rejected_spans": "which tokens were changed, with --span-weight",
    },
    ends="missing",
)
TRL = Trainer(
    "trl",
    {
        **_PLAIN,
        **_JUDGED,
        "tools": "what the prompt offers to call",
        "margin": "chosen's lead, for RewardTrainer",
        "chat_template_kwargs": "given to the chat template",
        "ref_chosen_logps": "the reference's value, if computed before",
        "ref_rejected_logps": "the reference's value, if computed before",
    },
    (
        _TEXTS,
        _CHATS,
        _shape(templated=False, prompt="text", completion="text", label="flag"),
        _shape(prompt="messages", completion="messages", label="flag"),
    ),
    without={"prompt": "TRL would take all that both answers begin with for the prompt"},
    ends="never",
)
AXOLOTL = Trainer(
    "axolotl",
    {"messages": "what is asked", **_SIDES},
    (
        _shape(
            messages="messages|text",
            chosen="message|messages|text",
            rejected="message|messages|text",
        ),
    ),
)
OPENRLHF = Trainer(
    "openrlhf",
    {**_PLAIN, "margin": "chosen's lead, for a reward model"},
    (_CHATS, _TEXTS),
    without={"prompt": "set its chosen_key to whole conversations, or add the prompt"},
    begins=False,
)
LLAMAFACTORY = Trainer(
    "llamafactory",
    {
        "instruction": "what is asked",
        "conversations": "what is asked",
        "messages": "what is asked, and the answer",
        "input": "part of what is asked",
        "system": "the system turn",
        "history": "turns before",
        **_SIDES,
        "label": "whether the answer is good",
    },
    (
        _shape(instruction="text", chosen="text", rejected="text"),
        _shape(conversations="messages", chosen="message", rejected="message"),
        _shape(messages="messages", label="flag"),
    ),
    own_template=True,
)
TRAINERS = {one.name: one for one in (SEAPO, TRL, AXOLOTL, OPENRLHF, LLAMAFACTORY)}

WRITTEN = frozenset(
    "id prompt response negative messages chosen rejected completion label error error_type checks"
    " sample reasoning reference profile source weight margin chosen_spans rejected_spans prompt_id"
    " score_chosen score_rejected tools system".split()
)
"""Columns that seapo itself writes or passes on with a meaning."""


def readers(row: Mapping[str, Any]) -> list[Trainer]:
    """The trainers besides seapo, which reads all formats, that can read a row."""
    return [one for one in TRAINERS.values() if one.shapes and one.fault(row) is None]
