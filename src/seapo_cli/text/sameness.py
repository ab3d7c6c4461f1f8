"""Whether two texts say the same: in the same way but for marks, or in other words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from seapo_cli.text.synonyms import PHRASES, SYNONYMS

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_EXACT = re.compile(r"[=<>{}\\`^$]|\w[(\[]\S|\d[.,:/-]\d|\d['\"]")
"""What only words have in which case and punctuation matter: code and figures."""
_CODE = re.compile(
    r"^[ \t]*(?:(?:async )?def |class \w|import \w|from [\w.]+ import|return\b|#include|function\b"
    r"|(?:const|let|var|public|static|int|SELECT|print) ?|(?:if|while|for|elif) ?\(?.*[:{]\s*$"
    r"|[\w.\[\]'\"]+ *[-+*/|&]?=(?!=))|[;{}]\s*$",
    re.MULTILINE,
)
"""Lines of code."""
_WORD = re.compile(r"\w+|[^\w\s.,;:!?*_\"'()\[\]`’‘“”–—-]|-(?=\d)")
"""Words. Signs and symbols are words too: "-3" is not "3", and "5 %" is not "5"."""
_SHORT_FORMS = (
    (re.compile(r"\b(can)'?not\b|\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(it|that|there|he|she|what|who)'s\b"), r"\1 is"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\be\.g\."), "for example"),
    (re.compile(r"\bi\.e\."), "that is"),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"(?<=\d) ?%"), " percent"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"&"), " and "),
)
_SPELLING = (
    (re.compile(r"(?<=\w\w)is(?=(?:e[sdr]?|ing|ations?)\b)"), "iz"),
    (re.compile(r"(?<=\w\w)our(?=\b|s\b|ed\b|ing\b|able\b|ful\b)"), "or"),
    (re.compile(r"(?<=\wel)l(?=(?:ed|ing|ers?)\b)"), ""),
)


def same(new: str, old: str, whole: str) -> bool:
    """Whether only white space, invisible characters and final punctuation differ.

    In prose also case, emphasis and inner punctuation; `whole` is the text that `old` is of.
    """
    new, old = _canonical(new), _canonical(old)
    if bare(new) == bare(old):
        return True
    return _words(new) == _words(old) and not exact(new) and not exact(old) and not is_code(whole)


def same_places(places: Sequence[tuple[str, str]]) -> bool:
    """Whether words that differ, place by place, do so in case and marks only."""
    return all(
        _words(_canonical(new)) == _words(_canonical(old)) and not exact(new) and not exact(old)
        for old, new in places
    )


def exact(text: str) -> bool:
    """Whether case and punctuation matter in a text: it holds figures or code."""
    return _EXACT.search(text) is not None


def is_code(text: str) -> bool:
    """Whether a text has lines of code."""
    return _CODE.search(text) is not None


def same_meaning(new: str, old: str) -> bool:
    """Whether texts differ in words that mean the same only, as far as that can be seen.

    Contractions, number words, spelling of either side of the Atlantic, common synonyms.
    """
    return folded(new) == folded(old)


def folded(text: str) -> list[str]:
    """The words of a text, each as the first of those that mean the same."""
    text = _canonical(text).casefold().replace("’", "'")
    for pattern, form in _SHORT_FORMS:
        text = pattern.sub(form, text)
    for pattern, form in _SPELLING:
        text = pattern.sub(form, text)
    for long, short in PHRASES.items():
        if long in text:
            text = re.sub(rf"\b{re.escape(long)}\b", short, text)
    return [SYNONYMS.get(word, word) for word in _WORD.findall(text)]


def _canonical(text: str) -> str:
    """One form for texts that look the same."""
    return text if text.isascii() else _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def bare(text: str) -> str:
    """A text without what carries no meaning anywhere."""
    return " ".join(_canonical(text).split()).rstrip(" .!")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
