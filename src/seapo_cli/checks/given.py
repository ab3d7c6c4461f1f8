"""Does the prompt alone show that the mistake is wrong?

A number or a name that the prompt states, that the response repeats and the negative changes:
whoever reads the question sees it, and no knowledge is learned. Only types with `against_prompt`
are about that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seapo_cli.checks.base import PASS, Check, Verdict, failed, skipped
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.messages import Message
from seapo_cli.text.difference import Hunk
from seapo_cli.text.numbers import NUMBER, normal, plain_digits
from seapo_cli.text.words import FUNCTION_WORDS

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NAME = re.compile(
    r"(?<![\w`./_])[A-Z\u00c0-\u00de][\w'’-]*[a-z\u00df-\u017f](?:['’-]?\w)*|\b[A-Z]{2,}\b"
)
_FACT = re.compile(r"[\dA-Z\u00c0-\u00de]|[^\x00-\x7f]")
_MOST_PLACES = 12
"""Changed places beyond which an answer counts as rewritten."""
_NEAR = 3
"""Words on either side of a number that say what it counts."""
_SMALL = 2
"""Numbers up to this are written for many reasons."""
_LONGEST = 120
"""Characters of a changed place; in longer ones it is unclear what replaces what."""


class Changed(NamedTuple):
    """What the prompt states, and what the negative makes of it."""

    given: str
    made: str


class Given(Check):
    """Numbers with the same words around them in prompt and response, and names."""

    name = "given"
    about = "The mistake is not refuted by a number or name that the prompt itself states."

    def verdict(self, pair: CheckedPair) -> Verdict:
        if not pair.injected:
            return skipped("not made from the response")
        if not _FACT.search(pair.removed) or len(pair.hunks) > _MOST_PLACES:
            return PASS
        if pair.has("against_prompt"):
            return skipped(f"{pair.error_type} is about the prompt")
        found = contradicts(pair.row.messages, pair.response, pair.negative, pair.hunks)
        if found is None:
            return PASS
        return failed(
            f"the prompt says {found.given!r}, the negative {found.made!r}", found._asdict()
        )


def contradicts(
    messages: Iterable[Message], response: str, negative: str, hunks: Sequence[Hunk]
) -> Changed | None:
    """The first number or name of the prompt that a changed place gives another value.

    Only places that change nothing else count: if a step is rewritten, its figures may be
    right for that step. What earlier turns say counts as well.
    """
    asked = plain_digits("\n".join(message.content for message in messages))
    places = [tuple(map(plain_digits, hunk.texts)) for hunk in hunks]
    numbers_only = all(NUMBER.sub("#", old) == NUMBER.sub("#", new) for old, new in places)
    for old, new in places:
        if max(len(old), len(new)) > _LONGEST:
            continue
        found = _name(asked, old, new)
        if found is None and numbers_only:
            found = _number(asked, response, negative, old, new)
        if found:
            return found
    return None


def _number(asked: str, response: str, negative: str, old: str, new: str) -> Changed | None:
    """A number that counts the same thing in prompt and response, and is another one now."""
    stated = {normal(number) for number in NUMBER.findall(asked)}
    for number, other in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        value, made = normal(number), normal(other)
        if value == made or value not in stated or made in stated or _small(value):
            continue
        if _reckoned(number, response) or _reckoned(other, negative):
            continue
        if _counts_the_same(asked, response, number, value, old):
            return Changed(number, other)
    return None


def _small(value: str) -> bool:
    return value.isdigit() and int(value) <= _SMALL


def _reckoned(number: str, text: str) -> bool:
    """Whether a text works a number out, be it by chance one of the prompt's."""
    return (
        re.search(rf"(?:[=≈]|>>|#### )[ ]?[$€£]?{re.escape(number)}(?![\d.,]*\d)", text) is not None
    )


def _counts_the_same(asked: str, response: str, number: str, value: str, old: str) -> bool:
    """Whether a word beside the number in the response stands beside it in the prompt."""
    at = response.find(old)
    inside = at + old.find(number)
    here = _beside(response, inside, inside + len(number))
    return any(
        here & _beside(asked, *match.span())
        for match in NUMBER.finditer(asked)
        if normal(match[0]) == value
    )


def _beside(text: str, start: int, end: int) -> set[str]:
    before = _WORD.findall(text[max(0, start - 40) : start].lower())[-_NEAR:]
    after = _WORD.findall(text[end : end + 40].lower())[:_NEAR]
    return {word.rstrip("s") for word in (*before, *after)} - FUNCTION_WORDS


def _name(asked: str, old: str, new: str) -> Changed | None:
    """A name of the prompt that became another one, which the prompt does not have."""
    gone, come = _NAME.findall(old), _NAME.findall(new)
    if not len(gone) == len(old.split()) == len(come) == len(new.split()):
        return None
    for name, other in zip(gone, come, strict=True):
        if name == other or {name.lower(), other.lower()} & FUNCTION_WORDS:
            continue
        # Capitals within a sentence: at its beginning any word has one.
        stated = re.search(rf"(?<=[^.!?\n] ){re.escape(name)}\b", asked)
        if stated and not _has_name(asked, other):
            return Changed(name, other)
    return None


def _has_name(text: str, name: str) -> bool:
    """Whether a text has a name, or what its letters stand for."""
    pattern = re.escape(name) + r"\b"
    if name.isupper():
        pattern += "|" + r"\w*[ -]".join(name)
    return re.search(rf"\b(?:{pattern})", text, re.IGNORECASE) is not None
