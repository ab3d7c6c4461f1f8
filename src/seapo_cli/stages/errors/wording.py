"""What the modes that let a model write say of a mistake: its kind, examples, how much, where."""

from __future__ import annotations

import random
from collections.abc import Sequence

from seapo_cli.prompts import Domain, ErrorType, Example
from seapo_cli.stages.errors.base import AMOUNTS, Task, conversation_text

_EXAMPLES = 2
"""Examples shown, drawn among the type's by the row's seed: so that no mould forms."""
_PLACES = ("early in the answer", "in the middle of the answer", "late in the answer")
_WITH_PROMPT = (
    "Nothing that the conversation states (a figure, a name, a passage) may be enough to "
    "show the mistake: it takes knowledge or thought to find it."
)
_AGAINST_PROMPT = "The mistake is found by comparing the answer with the conversation."


def wording(task: Task, domain: Domain, rng: random.Random) -> dict[str, str]:
    """Values for the placeholders of a mode's template."""
    kind = task.error_type
    count = "one mistake" if task.edits == 1 else f"{task.edits} mistakes, unrelated ones"
    return {
        "conversation": conversation_text(task.messages),
        "response": task.response,
        "name": kind.name,
        "description": kind.description,
        "guidance": "\n".join(filter(None, (kind.guidance, kind.sections.get(domain, "")))),
        "examples": _shown(_drawn(kind, domain, rng)),
        "prompt_rule": _AGAINST_PROMPT if kind.against_prompt else _WITH_PROMPT,
        "amount": f"{count}, {AMOUNTS[task.severity]}",
        "place": rng.choice(_PLACES),
    }


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
