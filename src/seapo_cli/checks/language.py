"""Is the negative in the language of the response?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from pydantic import Field

from seapo_cli.checks.base import PASS, Check, Verdict, failed, passed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.languages import guess, letters
from seapo_cli.text.words import SENTENCE

_LETTERS, _SIGNS = 12, 4
"""How many letters of another script are more than a name, in Latin and in others."""
_WRITTEN_TOGETHER = 10
"""Characters per word beyond which a script has no spaces."""
_PROSE = 0.8
"""Minimum share of letters and spaces in a sentence; with less it is code, figures or markup."""
_LONGEST = 400
_MOST_SENTENCES = 20
"""Of a response; more do not show another language of it."""
_LONG_ENOUGH = 40
"""Characters of a response that show its language."""
_SURE, _UNLIKELY = 0.45, 0.1
_NAMES_LANGUAGE = re.compile(
    r"(?i)translat|\b(?:in|into|to|auf|en) (?:english|german|french|spanish|italian|portuguese"
    r"|dutch|swedish|danish|polish|turkish|indonesian|chinese|mandarin|japanese|korean|russian|hindi"
    r"|arabic|latin|greek|deutsch|englisch|español|inglés)\b"
)
_COMMON = frozenset(
    "the of and to in is that it was for on are as with be this have from or by not but what all "
    "were when your can there an which if will has its would these some at you their they more "
    "than also into only other because use used".split()
)
"""English words that settle a sentence quickly."""


class Language(Check):
    """Judges each new sentence by a model of 176 languages, and single words by their script.

    A sentence counts if it is certainly in a language that neither the response nor the prompt is
    in. Fewer words cannot be told apart from names and quotations, and are not looked at.
    """

    name = "language"
    about = "New text in the negative is in the script and a language of the response."

    words: int = Field(default=5, ge=1)
    """Words of a sentence that must be new for its language to be looked at."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        added = pair.added
        beyond = not (added.isascii() and pair.removed.isascii())
        if beyond and (theirs := _other_script(pair)):
            return failed(f"the change is in {theirs} script, the response is not", theirs)
        if len(added) < 4 * self.words and added.isascii():
            return PASS
        new = [text for text in _sentences(added) if self._is_new(text, pair)]
        ours = _languages(pair) if new else set()
        for text in new:
            if ours and (theirs := _foreign(text, ours)):
                names = " and ".join(sorted(ours))
                return failed(f"the response is in {names}, the change in {theirs}", theirs)
        return passed(min(ours)) if ours else PASS

    def _is_new(self, text: str, pair: CheckedPair) -> bool:
        """Whether enough of a sentence is new, and it may be in another language."""
        words = text.lower().split()
        if len(words) < self.words and len(text) < _WRITTEN_TOGETHER * max(2, len(words)):
            return False
        if text.isascii() and _english(words) and _english(pair.response[:400].lower().split()):
            return False
        known = set(pair.removed.lower().split())
        return sum(word not in known for word in words) >= min(self.words, len(words))


def _english(words: Sequence[str]) -> bool:
    """Whether words are English beyond doubt."""
    return 4 * sum(map(_COMMON.__contains__, words)) > len(words)


def _sentences(text: str) -> Iterator[str]:
    """The sentences of prose."""
    for match in SENTENCE.finditer(text):
        sentence = match[0].strip()
        letters_and_spaces = sum(c.isalpha() or c == " " for c in sentence)
        if sentence and letters_and_spaces >= _PROSE * len(sentence):
            yield sentence


def _foreign(text: str, ours: set[str]) -> str | None:
    """The language of a sentence that is certainly not one of `ours`."""
    chances = guess(text[:_LONGEST])
    best = max(chances, key=chances.__getitem__, default=None)
    if best is None or best in ours or chances[best] < _SURE:
        return None
    return best if max(chances.get(name, 0.0) for name in ours) < _UNLIKELY else None


def _languages(pair: CheckedPair) -> set[str]:
    """Languages that the response is in, and the prompt where the response is too short to tell.

    None then where the prompt names a language: the answer may have to be in that one.
    """
    found: set[str] = set()
    for text in (pair.response[:_LONGEST], *islice(_sentences(pair.response), _MOST_SENTENCES)):
        if len(text) >= 20 or not text.isascii():
            chances = guess(text[:_LONGEST])
            found |= {name for name, chance in chances.items() if chance >= 0.5}
    if found and len(pair.response) >= _LONG_ENOUGH:
        return found
    if _NAMES_LANGUAGE.search(pair.question):
        return set()
    chances = guess(pair.question[-_LONGEST:])
    return found | {name for name, chance in chances.items() if chance >= 0.5}


def _other_script(pair: CheckedPair) -> str | None:
    """A script of what is new that the response, or else the prompt, has no letters of."""
    ours = letters(pair.response)
    if not ours:
        ours = letters(pair.question)
    known = letters(pair.removed)
    for script, count in letters(pair.added).items():
        # Names in Japanese have Han letters alone, too.
        many = script == "Latin" or (script == "Han" and "Kana" in ours)
        few = _LETTERS if many else _SIGNS
        if ours and script not in ours and count - known[script] >= few:
            return script
    return None
