"""How the modes in which a model writes describe a mistake: kind, examples, how much, where."""

from __future__ import annotations

import random
from collections.abc import Sequence

from seapo_cli.mistakes.base import AMOUNTS, Task, conversation_text
from seapo_cli.mistakes.error_types import Domain, ErrorType, Example

_EXAMPLES = 2
"""Examples shown, drawn from the type's by the row's seed, so that negatives vary."""
_PLACES = ("into the first third", "into the middle third", "into the last third")
_LONG = 400
"""Characters of an answer that leave a choice of places."""
_WITH_PROMPT = (
    "What the conversation itself states (a given figure, name, passage or piece of code) stays as "
    "it is stated: a wrong copy of it is seen at a glance. To work with it wrongly is fine. "
    "Decline where the answer does no more than repeat a text of the conversation."
)
_OF_TONE = (
    "Here the tone itself is the mistake, and a reader may notice it; what is said stays right. It "
    "is what an author without an ear for it would write, not a parody."
)
_AGAINST_PROMPT = "The mistake is found by comparing the answer with the conversation."


def wording(task: Task, domain: Domain, rng: random.Random) -> dict[str, str]:
    """Values for the placeholders of a mode's template."""
    kind = task.error_type
    count = "one mistake" if task.edits == 1 else f"{task.edits} mistakes, unrelated ones"
    return {
        "conversation": conversation_text(task.messages, task.tools),
        "response": task.response,
        "name": kind.name,
        "description": kind.description,
        "guidance": "\n".join(filter(None, (kind.guidance, kind.sections.get(domain, "")))),
        "examples": _shown(_drawn(kind, domain, rng)),
        "prompt_rule": _prompt_rule(kind),
        "amount": f"{count}, {AMOUNTS[task.severity]}",
        "place": _place(task, domain, rng),
    }


def _prompt_rule(kind: ErrorType) -> str:
    if kind.keeps_content:
        return _OF_TONE
    return _AGAINST_PROMPT if kind.against_prompt else _WITH_PROMPT


def _place(task: Task, domain: Domain, rng: random.Random) -> str:
    """Where the mistake should be, so that it does not give itself away by its place."""
    place = rng.choice(_PLACES)
    if domain == "mathematics" or len(task.response) < _LONG:
        return ""  # too little choice
    return f" If it is as good a mistake there, put it {place}."


def _drawn(kind: ErrorType, domain: Domain, rng: random.Random) -> Sequence[Example]:
    """Some of a type's examples, those of the answer's domain if there are any."""
    fitting = [e for e in kind.examples if e.domain == domain] or list(kind.examples)
    return rng.sample(fitting, min(_EXAMPLES, len(fitting)))


def _shown(examples: Sequence[Example]) -> str:
    if not examples:
        return ""
    lines = [f"- {_quoted(e.original)} -> {_quoted(e.mistake)}" for e in examples]
    return "\n".join(["For instance, in other answers:", *lines]) + "\n"


def _quoted(text: str) -> str:
    return f"`{text.strip()}`" if text.strip() else "(nothing)"
