"""Is the new text in the negative readable: no broken encoding, look-alikes or loops?"""

from __future__ import annotations

import re
from collections import Counter

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.words import ENDS, SENTENCE

_BROKEN = re.compile("[\ufffd\ufffe\uffff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ESCAPED = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|&(?:amp|quot|lt|gt|nbsp|apos|#\d{2,5}|#x[0-9a-f]{2,4}|[a-zA-Z]{1,2}(?:acute|grave|uml|circ|cedil|tilde));"
    r"|(?:%[0-9A-F]{2}){2}|=(?:C3|E2)=[0-9A-F]{2}|(?<=[a-z.,!?])\\n(?=[A-Z\\]|$)|\\n\\n"
)
"""Letters as escape sequences of JSON, HTML, URLs and mail."""
_MIXED = re.compile(
    "[A-Za-z\u00c0-\u024f][\u0400-\u04ff\u0370-\u0373\u0386-\u03ce\u0531-\u058f]"
    "|[\u0400-\u04ff\u0386-\u03ce\u0531-\u058f][A-Za-z\u00c0-\u024f]"
)
"""Letters of two scripts side by side."""
_LOOKALIKE = re.compile("\\b[асеорхуіјѕԁһԛԝʏАВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναρ]{2,}\\b")
"""Words whose letters look Latin but are not."""
_STYLED = re.compile(
    "[\U0001d400-\U0001d7ff\uff01-\uff5e\u24b6-\u24e9\U0001f130-\U0001f189\u1d00-\u1d2b\u0250-\u02af]"
)
"""Letters of mathematics, of full width, in circles, small capitals: of a font, not of a text."""
_HIDDEN = re.compile(
    "(?<=\\w)[\u00ad\u200b\u2060\ufeff\u200c\u200d\u202a-\u202e\u2066-\u2069](?=\\w)"
)
_COMBINING = re.compile("[\u0300-\u036f]{2,}|[\u0336\u0335\u0337\u0338]")
_SAME_LETTER = re.compile(r"([^\W\d_])\1{4,}")
_SAME_WORD = re.compile(r"\b(\w+)(?:[\s,.!?]+\1\b){2,}", re.IGNORECASE)
_LEAST_SENTENCE = 14
_LETTERS = 0.6
"""Share of letters and spaces in prose; lines of tables and code may come again."""
_RUN = 4
"""Words in a run that is repeated again and again."""
_LEAST_WORDS = 12
_NEW_RUNS = 0.6
"""Share of runs of words that are different from one another, in a text that is not a loop."""


class Garbled(Check):
    """Looks only at what the response does not contain: its own oddities may stay."""

    name = "garbled"
    about = "New text has no broken encoding, look-alike letters or endless repetition."

    def verdict(self, pair: CheckedPair) -> Verdict:
        reason = _letters(pair) or _loop(pair)
        return failed(reason) if reason else PASS


def _letters(pair: CheckedPair) -> str | None:
    added, removed = pair.added, pair.removed
    if ("\\" in added or "&" in added or "%" in added or "=" in added) and _more(_ESCAPED, pair):
        return "letters stand as escape sequences"
    if added.isascii():
        return "control characters" if _more(_BROKEN, pair) else None
    for pattern, what in _KINDS:
        if _more(pattern, pair):
            return what
    if _badness(added) > _badness(removed) and not _badness(pair.response):
        return "the encoding is broken"
    if _LOOKALIKE.search(added) and pair.response.isascii():
        return _LOOK
    return None


def _badness(text: str) -> int:
    """How many sequences of a text are what UTF-8 looks like when it is read as something else."""
    from ftfy.badness import badness  # slow to import

    return int(badness(text))


_LOOK = "letters of another script stand for ones that look the same"
_KINDS = (
    (_BROKEN, "characters are broken"),
    (_MIXED, _LOOK),
    (_STYLED, "letters are of a font, not of a script"),
    (_HIDDEN, "invisible characters stand within words"),
    (_COMBINING, "letters are struck out or piled up"),
)


def _more(pattern: re.Pattern[str], pair: CheckedPair) -> bool:
    """Whether the change brings more matches, of a kind that the response has none of."""
    if not pattern.search(pair.added):
        return False
    return len(pattern.findall(pair.added)) > len(pattern.findall(pair.removed)) and not (
        pattern.search(pair.response) or pattern.search(pair.question)
    )


def _loop(pair: CheckedPair) -> str | None:
    added = pair.added
    for pattern, what in ((_SAME_LETTER, "letter"), (_SAME_WORD, "word")):
        found = pattern.search(added)
        if found and not pattern.search(pair.removed) and found[0] not in pair.response:
            return f"the same {what} stands there over and over: {found[0][:30]!r}"
    if not pair.derived or len(added) < _LEAST_SENTENCE:
        return None
    if again := _sentence_again(pair):
        return f"the negative says the same twice: {again[:60]!r}"
    words = [word for word in added.lower().split() if word[:1].isalnum()]
    if len(words) < _LEAST_WORDS or _variety(words) >= _NEW_RUNS:
        return None
    known = _variety(pair.response.lower().split())
    return "the negative goes round in circles" if known > _NEW_RUNS else None


def _sentence_again(pair: CheckedPair) -> str | None:
    """A sentence of the change that the negative has more often than the response."""
    for match in SENTENCE.finditer(pair.added):
        text = match[0].strip()
        if len(text) < _LEAST_SENTENCE or (text.isascii() and len(text.split()) < _RUN):
            continue
        last = pair.negative.rstrip(f"{ENDS} \n").endswith(text)
        if not last and sum(c.isalpha() or c == " " for c in text) < _LETTERS * len(text):
            continue
        times = pair.negative.count(text)
        if times > 1 and times > pair.response.count(text) and _standalone(text, pair.negative):
            return text
    return None


def _standalone(text: str, whole: str) -> bool:
    """Whether a sentence occurs twice on its own, not inside longer ones."""
    marked = rf"(?:^|[{ENDS}\n*\-:>\"]\s*){re.escape(text)}"
    return len(re.findall(marked, whole)) > 1


def _variety(words: list[str]) -> float:
    """Share of runs of words that are different ones."""
    runs = Counter(zip(*(words[at:] for at in range(_RUN)), strict=False))
    return len(runs) / max(1, runs.total())
