"""Places that hold whole sentences: rewritten, or added between two others; and the layout.

Open answers come from patterns without quotes, backslashes and line breaks, which every server
can hold a model to. Their alphabet is the answer's own: a Chinese answer gets Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from seapo_cli.stages.errors.source import Place, Source, Span

INVENTED = "In |According to |A |The |Its |It |Researchers "
UNSUPPORTED = "Therefore, |This means that |This proves that |As a result, |Clearly, "
CONCLUDES = re.compile(r"(?:therefore|thus|hence|so|in conclusion|overall|in short)\b", re.I)
LATIN = re.compile(r"[A-Za-z]")
COMMENT = re.compile(r"^[ \t]*(?:def |import |from |if |for |#|print|class )", re.M)

ASIDES = (
    "lol",
    "tbh",
    "no cap",
    "fr fr",
    "yay!!!",
    "duh",
    "haha",
    "ya know?",
    "trust me bro",
    "super easy lol",
    "like, obviously",
    "so yeah, whatever",
)


def letters(text: str) -> str:
    """The characters that an open answer in this text's script may use, as a character class."""
    latin = sum(bool(LATIN.match(char)) for char in text)
    foreign = sum(char.isalpha() and not char.isascii() for char in text)
    return r"[^\"\\\x00-\x1f]" if foreign > latin else "[A-Za-z0-9 ,'%$()-]"


def find_sentences(source: Source) -> Iterator[Place]:
    """Any sentence, to be written anew at about its own length; at last the whole answer."""
    spans = list(source.sentences) or _lines(source)
    rng = source.rng("sentence")
    for start, end in rng.sample(spans, len(spans)):
        yield _rewrite(source, "sentence", start, end)


def _lines(source: Source) -> list[Span]:
    """Lines where there are no sentences, as in code or tables."""
    found = [m.span() for m in re.finditer(r"\S[^\n]*\S|\S", source.text)]
    return [span for span in found if any(c.isalnum() for c in source.text[slice(*span)])] or found
