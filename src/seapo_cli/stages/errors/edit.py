"""Edit mode: seapo chooses where a mistake may go, the model writes it, seapo puts it in.

The answer is taken apart into places (`kinds`); a few of them go to the model with a JSON
schema (`schema`); what it fills in is checked, becomes exact edits, and only those change.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from seapo_cli.errors import InjectionError
from seapo_cli.prompts import ErrorType, error_types, mode_template
from seapo_cli.records import Edit, Message, Request, Sampling
from seapo_cli.stages.errors.base import AMOUNTS, Injection, Steps, Task, conversation_text
from seapo_cli.stages.errors.kinds import find_places
from seapo_cli.stages.errors.prose import WORD
from seapo_cli.stages.errors.schema import Filled, Unusable, answers, read_answer, schema
from seapo_cli.stages.errors.screen import flaw
from seapo_cli.stages.errors.source import Place, Source
from seapo_cli.stages.errors.spans import apply_edits, disjoint
from seapo_cli.stages.errors.word_places import NOT_NAMES

CHOICE = 4
"""Places offered at once on the first attempt; a retry offers one.

A model that is not trusted with sentences gets one place and no guidance: SmolLM2-135M took the
first place in every request, and each token of this part of the prompt costs it time.
"""
AROUND = 40
"""Characters of the answer shown on either side of a place."""
RETRY_TEMPERATURE = 0.9
GUIDANCE = 400
"""Most characters of a type's guidance: its first paragraph says what matters here."""


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
        reason = "the answer has no place for a mistake"
        offered = list(_clear(places, edits))
        for attempt in range(task.attempts if offered else 0):
            offered = offered or list(_clear(places, edits))
            shown = _choice(offered) if task.own_words and not attempt else _one(offered, attempt)
            completion = yield _request(task, source, shown, attempt, rng.getrandbits(31))
            failed: Sequence[Place] = shown
            try:
                filled = read_answer(completion.text, shown)
                failed = [filled.place]
                added = _edits(task, source, filled)
            except Unusable as error:
                reason = str(error)
            else:
                both = _sorted((*edits, *added))
                wrong = flaw(apply_edits(task.response, both), task.response, None)
                if wrong is None:
                    edits, finish_reason = both, completion.finish_reason
                    break
                reason = wrong
            offered = [place for place in offered if place not in failed]
        else:
            if not edits:
                raise InjectionError(f"edit: {reason}")
            break
    return Injection(apply_edits(task.response, edits), edits, finish_reason)


def _choice(offered: Sequence[Place]) -> list[Place]:
    """The first few, and one free place at the end."""
    free = next((place for place in offered if place.free), None)
    others = [place for place in offered if place is not free]
    return others[: CHOICE - 1] + ([free] if free else [])


def _one(offered: Sequence[Place], attempt: int) -> list[Place]:
    """The next place; after two failures one that needs no sentence of the model's own."""
    closed = (place for place in offered if not place.free)
    return [next(closed, offered[0]) if attempt > 1 else offered[0]]


def _clear(places: Iterable[Place], edits: Sequence[Edit]) -> Iterable[Place]:
    """Places, and ready answers at them, that stay clear of the edits made so far."""
    for place in places:
        if not place.choices:
            here = Edit(start=place.start, end=place.end, original="", replacement="")
            if disjoint(_sorted((*edits, here))):
                yield place
            continue
        choices = {t: e for t, e in place.choices.items() if disjoint(_sorted((*edits, *e)))}
        if choices:
            yield replace(place, choices=choices)


def _sorted(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def _edits(task: Task, source: Source, filled: Filled) -> tuple[Edit, ...]:
    """The edits behind an answer.

    Raises:
        Unusable: it is no mistake, or not well written.
    """
    place, text = filled.place, filled.text
    if place.choices:
        return place.choices[text]
    original = source.text[place.start : place.end]
    if reason := _weakness(task, place, original, text):
        raise Unusable(reason)
    edit = source.edit(place.start, place.end, place.before + text)
    if source.breaks(edit):
        raise Unusable("the replacement breaks the code's syntax")
    return (edit,)


def _weakness(task: Task, place: Place, original: str, text: str) -> str | None:
    """Why what a model wrote of its own is no good; None where it is."""
    old, new = _words(original), _words(text)
    if old == new:
        return "the replacement equals the original"
    shown = (task.error_type, *error_types().values())
    if any(new == _words(example.mistake) for kind in shown for example in kind.examples):
        return "the replacement repeats an example"
    if len(new) > 3 and len(set(new)) < len(new) * 0.7:
        return "the replacement repeats its own words"
    if place.kind == "name" and NOT_NAMES.issuperset(text.split()[:1]):
        return "the replacement is no name"
    if any(len(word) > 40 for word in new):
        return "the replacement has no words"
    if old and len(set(old) & set(new)) < place.keeps * len(set(old)):
        return "the replacement has too little of the original"
    if len(new) > 3 and " ".join(new) in " ".join(_words(task.response)):
        return "the replacement repeats the answer"
    return None


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _request(
    task: Task, source: Source, places: Sequence[Place], attempt: int, seed: int
) -> Request:
    kind = task.error_type
    content = mode_template("edit").substitute(
        conversation=conversation_text(task.messages),
        response=task.response,
        kinds=_kinds() if task.own_words else "",
        description=kind.description,
        told=_told(kind) if task.own_words and not _is_packaged(kind) else "",
        # A model that only chooses gets choices that are as far off as was asked for.
        amount=f"How far off: {AMOUNTS[task.severity]}.\n" if task.own_words else "",
        places="\n".join(_shown(source, n, place) for n, place in enumerate(places, 1)),
    )
    longest = max((place.end - place.start for place in places if place.pattern), default=0)
    sampling = Sampling(
        temperature=RETRY_TEMPERATURE if attempt else 0.0,
        max_tokens=64 + longest // 2,
        seed=seed,
    )
    return Request((Message(role="user", content=content),), sampling, schema(places))


@cache
def _kinds() -> str:
    """How to make each packaged type's mistakes.

    All of them, whichever a run wants: so every request begins the same, and a server's prefix
    cache holds what would otherwise be read anew behind each answer (`benchmarks/prefix_cache`).
    """
    told = (f"\n{kind.description}\n{_told(kind)}" for kind in error_types().values())
    return f"\nKinds of mistakes:\n{''.join(told)}"


def _is_packaged(kind: ErrorType) -> bool:
    """Whether `_kinds` tells of it; a user's own type may bear a packaged one's name."""
    return error_types().get(kind.name) == kind


def _told(kind: ErrorType) -> str:
    """How to make the mistake well: the guidance's beginning and an example."""
    examples = (
        f"Example: {example.original or '(nothing)'} -> {example.mistake}\n"
        for example in kind.examples[:1]
    )
    guidance = kind.guidance.split("\n\n")[0][:GUIDANCE]
    return "\n".join([guidance, *examples]) if kind.examples else f"{guidance}\n"


def _shown(source: Source, number: int, place: Place) -> str:
    """One place as the prompt lists it, marked in its surroundings."""
    text, (start, end) = source.text, (place.start, place.end)
    left = text[max(0, start - AROUND) : start].rpartition("\n")[2]
    right = text[end : end + AROUND].partition("\n")[0]
    shown = f"{number}. {left}[{text[start:end] or '...'}]{right}\n   {place.ask}"
    ready = answers(place)
    if not ready:
        return shown
    if all(key == value for key, value in ready.items()):
        return f"{shown}: {' | '.join(ready)}"
    return shown + "".join(f"\n   {key} = {value}" for key, value in ready.items())
