"""Is the negative in the language of the response?"""

from __future__ import annotations

import re
from collections import Counter

from pydantic import Field

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed, passed
from seapo_cli.stages.checks.languages import FUNCTION_WORDS, NAMES
from seapo_cli.stages.checks.pair import Pair

_SCRIPTS = re.compile(
    "(?P<Latin>[A-Za-z\u00c0-\u024f\u1e00-\u1eff])|(?P<Cyrillic>[\u0400-\u052f])"
    "|(?P<Greek>[\u0370-\u03ff])|(?P<Arabic>[\u0600-\u06ff\u0750-\u077f])|(?P<Hebrew>[\u0590-\u05ff])"
    "|(?P<Devanagari>[\u0900-\u097f])|(?P<Bengali>[\u0980-\u09ff])|(?P<Tamil>[\u0b80-\u0bff])"
    "|(?P<Thai>[\u0e00-\u0e7f])|(?P<Hangul>[\uac00-\ud7af\u1100-\u11ff])"
    "|(?P<Kana>[\u3040-\u30ff])|(?P<Han>[\u3400-\u4dbf\u4e00-\u9fff])"
)
_JAPANESE_SHARE = 0.1
"""A text of Han characters with so much kana is Japanese."""
_LATIN_BYTES = 1.3
"""Bytes for a character that text in Latin script does not reach, however many its accents."""
_FEWEST_HITS = 3
_LEAST_SHARE = 0.12
"""Share of words that are function words of a language, for a text to be in it."""
_LEAD = 1.5
_SAME_LANGUAGE = 0.5
"""Texts that share more than this of their words are in one language."""
_MARKS = ".,;:!?\"'()»«„“”"
_NAMES_LANGUAGE = re.compile(rf"(?i)translat|\b(?:in|into|to) (?:{'|'.join(NAMES)})\b")


class Language(Check):
    """By the script of the letters, then by the function words of European languages.

    Small changes cannot be told apart from names and quotations, and are not looked at.
    """

    name = "language"
    about = "The negative is in the same script and language."

    words: int = Field(default=6, ge=1)
    """Words that must differ for the language to be looked at."""

    def verdict(self, pair: Pair) -> Verdict:
        added, response = pair.added, pair.response
        if _beyond_latin(added) or _beyond_latin(response):
            theirs = script_of(added)
            ours = script_of(response) or script_of(_asked(pair))
            if theirs and ours and theirs != ours and script_of(pair.negative) != ours:
                return failed(f"the response is in {ours} script, the change in {theirs}", theirs)
        if len(added) < self.words or pair.similarity > _SAME_LANGUAGE:
            return PASS
        if len(words := added.lower().split()) < self.words:
            return PASS
        ours = language_of(response.lower().split()) or language_of(_asked(pair).lower().split())
        if ours is None:
            return PASS
        hits = _hits(words)
        theirs = max(hits, key=hits.__getitem__)
        if hits[theirs] >= max(_needed(words), _LEAD * hits[ours]):
            return failed(f"the response is in {ours}, the change in {theirs}", theirs)
        return passed(ours)


def _beyond_latin(text: str) -> bool:
    """Whether a text may be in another script: quickly, by its size in UTF-8."""
    return not text.isascii() and len(text.encode(errors="replace")) > _LATIN_BYTES * len(text)


def script_of(text: str) -> str | None:
    """The script of most letters; None where there are none."""
    counts = Counter(match.lastgroup for match in _SCRIPTS.finditer(text))
    if not counts:
        return None
    if counts["Kana"] > _JAPANESE_SHARE * counts["Han"]:
        counts["Kana"] += counts.pop("Han", 0)
    return counts.most_common(1)[0][0]


def language_of(words: list[str]) -> str | None:
    """The language of lower-case words, where their function words leave no doubt."""
    hits = _hits(words)
    second, first = sorted(hits, key=hits.__getitem__)[-2:]
    sure = hits[first] >= max(_needed(words), _LEAD * hits[second])
    return first if sure else None


def _hits(words: list[str]) -> dict[str, int]:
    """How many of the words are function words, by language."""
    bare = [word.strip(_MARKS) for word in words]
    return {name: sum(map(known.__contains__, bare)) for name, known in FUNCTION_WORDS.items()}


def _needed(words: list[str]) -> float:
    return max(_FEWEST_HITS, _LEAST_SHARE * len(words))


def _asked(pair: Pair) -> str:
    """The prompt's last turn, for a response too short to show its own language.

    Empty where it names a language: the answer may have to be in that one.
    """
    prompt = pair.row.prompt
    text = prompt if isinstance(prompt, str) else prompt[-1].content
    return "" if _NAMES_LANGUAGE.search(text) else text
