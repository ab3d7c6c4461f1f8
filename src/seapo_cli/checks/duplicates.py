"""Was the same mistake seen before, in the same text or nearly?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from pydantic import Field

from seapo_cli.checks.base import Check, Verdict, failed, passed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.seen import Seen, fingerprint, mark_of
from seapo_cli.text.difference import Hunk

_PROMPT, _RESPONSE = 100, 200
"""Characters at either end that identify a text."""
_LONG_WORD = 6
_FEW_WORDS = 3
"""Changed places of so few words are known by all of them, longer ones by the telling ones."""


class Duplicates(Check):
    """Two pairs are duplicates if the same words were changed in nearly the same text.

    Short words more or less, and a lone word put in elsewhere, make no other change. Negatives of
    one response with different mistakes are none, however much text they share. Memory is fixed:
    beyond `rows` the oldest are forgotten.
    """

    name = "duplicates"
    about = "The same change in (nearly) the same text was not seen before."
    last = True

    distance: int = Field(default=6, ge=0, le=8)
    """How many of 64 bits may differ: 6 is about one word in thirty, 0 is none."""
    rows: int = Field(default=1_000_000, ge=1000)
    """Rows to remember, at 32 bytes each."""

    @cached_property
    def _seen(self) -> Seen:
        return Seen(self.rows)

    def verdict(self, pair: CheckedPair) -> Verdict:
        places = [place for place in pair.hunks if not _light(place)] or pair.hunks
        changes = [word for place in places for word in _telling(place)]
        found = self._seen.add(mark_of(changes), fingerprint(_sample(pair)), self.distance)
        if found is None:
            return passed("new")
        kind = "the same" if found == 0 else "nearly the same"
        return failed(f"the same change in {kind} text was seen before", found)


def _light(place: Hunk) -> bool:
    """Whether a place is a lone word put in, or left out."""
    return not isinstance(place.added, str) and len(place.removed) + len(place.added) == 1


def _telling(place: Hunk) -> list[str]:
    """The words that tell a change from others."""
    return [*_words(place.removed), "\0", *_words(place.added), "\1"]


def _words(words: Sequence[str]) -> Sequence[str]:
    if len(words) <= _FEW_WORDS or isinstance(words, str):
        return words
    return [w for w in words if len(w) >= _LONG_WORD or not (w.isalpha() and w.islower())]


def _sample(pair: CheckedPair) -> list[str]:
    """Words that tell the text from others: of the prompt, and more of the response."""
    prompt = pair.row.prompt
    text = prompt if isinstance(prompt, str) else "\n".join(turn.content for turn in prompt)
    return _ends(text, _PROMPT) + _ends(pair.response, _RESPONSE)


def _ends(text: str, count: int) -> list[str]:
    """The whole words of both ends of a text."""
    if len(text) <= 2 * count:
        return text.lower().split()
    start, end = text[:count].lower(), text[-count:].lower()
    return start.split()[:-1] + end.split()[1:]
