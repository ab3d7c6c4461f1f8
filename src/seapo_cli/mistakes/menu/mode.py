"""Menu mode: seapo finds places and wrong values for them, the model only chooses.

For models too small to propose a mistake of their own. What seapo can get wrong exactly is
offered: numbers and equations, carried on to the final answer, units, dates, and operators and
bounds in code. Nothing else is: a ready sentence would teach the sentence.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from seapo_cli.completions import Request, Sampling
from seapo_cli.exceptions import InjectionError, UsageError
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import AMOUNTS, Injection, Steps, Task, conversation_text
from seapo_cli.mistakes.error_types import ErrorType, mode_template
from seapo_cli.mistakes.menu.kinds import find_places
from seapo_cli.mistakes.menu.schema import read_answer, schema
from seapo_cli.mistakes.menu.source import Place, Source
from seapo_cli.mistakes.screen import flaw
from seapo_cli.rows import Edit
from seapo_cli.text.spans import apply_edits, disjoint

AROUND = 40
"""Characters of the answer shown on either side of a place."""
_RETRY_TEMPERATURE = 0.9
ADVICE = (
    "take a model that writes its own (--model, or --base-url of a server): the packaged one "
    "only chooses among numbers, equations, units, dates and operators in code"
)


def check(error_type: ErrorType) -> None:
    """Refuse a type whose mistakes this mode cannot make.

    Raises:
        UsageError: the type names no kinds of places.
    """
    if not error_type.places:
        raise UsageError(f"{error_type.name}: too much for mode menu: {ADVICE}")


def steps(task: Task) -> Steps:
    """Put `task.edits` mistakes into the answer, each in its own request.

    Fewer where the answer has no more places; at least one.

    Raises:
        InjectionError: no mistake was usable within `task.attempts` requests.
    """
    source = Source.of(task)
    rng = random.Random(task.seed)
    places = find_places(source, task.error_type.places)
    edits: tuple[Edit, ...] = ()
    finish_reason = None
    for _ in range(task.edits):
        reason = f"nothing here that mode menu could change: {ADVICE}"
        offered = list(_clear(places, edits))
        for attempt, place in zip(range(task.attempts), offered, strict=False):
            completion = yield _request(task, source, place, attempt, rng.getrandbits(31))
            chosen = read_answer(completion.text, place)
            if chosen is None:
                reason = f"the model chose none of the values offered: {completion.text[:40]!r}"
                continue
            both = _sorted((*edits, *place.choices[chosen]))
            negative = apply_edits(task.response, both)
            wrong = flaw(negative, task.response, None, task.messages, task.error_type)
            if wrong is None:
                edits, finish_reason = both, completion.finish_reason
                break
            reason = wrong
        else:
            if not edits:
                raise InjectionError(f"menu: {reason}")
            break
    return Injection(apply_edits(task.response, edits), edits, finish_reason)


def _clear(places: Iterable[Place], edits: Sequence[Edit]) -> Iterable[Place]:
    """Places, with the values there that stay clear of the edits made so far."""
    for place in places:
        choices = {t: e for t, e in place.choices.items() if disjoint(_sorted((*edits, *e)))}
        if choices:
            yield replace(place, choices=choices)


def _sorted(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def _request(task: Task, source: Source, place: Place, attempt: int, seed: int) -> Request:
    content = mode_template("menu").substitute(
        conversation=conversation_text(task.messages, task.tools),
        response=task.response,
        description=task.error_type.description,
        amount=AMOUNTS[task.severity],
        place=_shown(source, place),
    )
    sampling = Sampling(
        temperature=_RETRY_TEMPERATURE if attempt else 0.0, max_tokens=64, seed=seed
    )
    return Request((Message(role="user", content=content),), sampling, schema(place))


def _shown(source: Source, place: Place) -> str:
    """The place marked in its surroundings, and the values to choose from."""
    text, (start, end) = source.text, (place.start, place.end)
    left = text[max(0, start - AROUND) : start].rpartition("\n")[2]
    right = text[end : end + AROUND].partition("\n")[0]
    return f"{left}[{text[start:end]}]{right}\n{place.ask}: {' | '.join(place.choices)}"
