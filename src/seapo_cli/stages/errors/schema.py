"""What edit mode asks the model to fill in, as a JSON schema, and how its answer is read.

One string names the place and its new text, `{"edit": "2: Lund"}`: the fewest output tokens of
all forms tried (an object with two keys costs twice as many). Only `enum`, `anyOf` and anchored
`pattern` are used, which llama.cpp, vLLM and OpenAI all enforce; where a server does not, the
answer is read leniently and checked against the same places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from seapo_cli.stages.errors.source import Place
from seapo_cli.stages.replies import json_objects

LONGEST_WORDED = 28
"""Ready answers longer than this are named by a letter, which costs the model one token."""


class Unusable(Exception):
    """An answer cannot be used; `str()` is the reason."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A place and what the model wrote there."""

    place: Place
    text: str


def answers(place: Place) -> dict[str, str]:
    """What the model may write at a closed place → the ready answer it stands for."""
    if any(len(text) > LONGEST_WORDED for text in place.choices):
        return dict(zip(ascii_lowercase, place.choices, strict=False))
    return {text: text for text in place.choices}


def schema(places: Sequence[Place]) -> dict[str, Any]:
    """The JSON schema for an edit at one of `places`."""
    ready = [f"{n}: {text}" for n, place in enumerate(places, 1) for text in answers(place)]
    options: list[dict[str, Any]] = [{"type": "string", "enum": ready}] if ready else []
    options += [
        {"type": "string", "pattern": f"^{n}: {place.pattern}$"}
        for n, place in enumerate(places, 1)
        if place.pattern
    ]
    return {
        "type": "object",
        "properties": {"edit": options[0] if len(options) == 1 else {"anyOf": options}},
        "required": ["edit"],
        "additionalProperties": False,
    }


def read_answer(text: str, places: Sequence[Place]) -> Filled:
    """Find the edit in a model's answer, which may hold prose or a code fence around it.

    Raises:
        Unusable: there is none, or it does not fit its place.
    """
    for value in _strings(text):
        match = re.fullmatch(r"\s*(?:place )?(\d{1,3})\s*[:.)]\s*(.*?)\s*", value, re.DOTALL)
        if match and 0 < int(match[1]) <= len(places):
            return Filled(place := places[int(match[1]) - 1], _fit(place, match[2]))
        if len(places) == 1:
            return Filled(places[0], _fit(places[0], value.strip()))
    raise Unusable("the answer holds no edit")


def _strings(text: str) -> Iterator[str]:
    """Values that may be the edit, from every JSON object in the text."""
    for found in json_objects(text):
        value = found.get("edit")
        yield from [value] if isinstance(value, str) else []


def _fit(place: Place, text: str) -> str:
    if place.choices:
        known = {key.casefold(): ready for key, ready in answers(place).items()}
        known |= {ready.casefold(): ready for ready in place.choices}
        if text.casefold() not in known:
            raise Unusable(f"{text[:40]!r} is none of the answers offered")
        return known[text.casefold()]
    if not re.fullmatch(place.pattern, text):
        raise Unusable(f"{text[:40]!r} does not fit its place")
    return text
