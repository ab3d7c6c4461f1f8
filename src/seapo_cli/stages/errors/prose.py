"""Prose: its lines, sentences and words, and whether it is English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from seapo_cli.stages.errors.spans import Span, Spans

STRAY_CODE = re.compile(
    r"def \w+\(|import [\w.]+$|from [\w.]+ import |#include|</?\w+[^>]*>|[{}]|\$ \w|@\w+$"
)
"""Lines of code outside of fences in an answer that is prose for the most part."""
CHATTER = re.compile(
    r"(?:let me know|feel free|(?:i|we) hope|hope (?:this|that|it)|good luck|enjoy|sure\b"
    r"|certainly\b|of course[.!,]|great question|thank(?:s| you)|(?:i am|i'm) (?:sorry|happy|glad)"
    r"|as an? (?:ai|helpful|language)|please (?:let|feel)|if you (?:have|need) any"
    r"|(?:hello|hi|hey)\b|is there anything|would you like)",
    re.IGNORECASE,
)
"""How a sentence begins that talks to the reader: a mistake in it is no mistake in the answer."""
WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+"
)
"""A word, or one sign of a script that sets no spaces between words."""
COMMON = set(
    "the and of that with this are were from have has had not you they which for or its your he "
    "she his her their each every per total makes can been an into is it to".split()
)
FOREIGN = set(
    "la el los las un una que por con para del es les des et est dans pour une qui sur der die das "
    "und ist nicht ein eine mit den von zu och att det som en av og til het een van niet di che il "
    "non sono com uma não os são jest nie się na ve bir bu için yang dan untuk".split()
)
"""The commonest words of English and of other languages in its script."""
LONGEST_LINE = 4000
"""Characters of a line that are split into sentences at once."""
MARKER = re.compile(r"[ \t]*(?:[-*•+>] +|\d{1,3}[.)][ \t]+|[A-Za-z][.)] +|#+ +)?")


def is_english(text: str) -> bool:
    """Whether English sentences fit in: its script is Latin, and no other language shows."""
    words = re.findall(r"[^\W\d_]+", text[:4000].casefold())
    common = sum(word in COMMON for word in words)
    foreign = sum(word in FOREIGN or not word.isascii() for word in words)
    return is_latin(text) and (foreign < 2 or foreign * 12 < len(words) or foreign <= common)


def is_latin(text: str) -> bool:
    """Whether most letters are Latin ones; also where there are none."""
    ours = [c.isascii() for c in text if c.isalpha()]
    return sum(ours) * 2 >= len(ours)


def prose_lines(text: str, fences: Spans) -> Iterator[Span]:
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if fences.meet(start, position) or line.startswith("####") or "|" in line:
            continue
        if _is_stray_code(line.strip()):
            continue
        marker = MARKER.match(line)
        start += marker.end() if marker else 0
        end = start + len(text[start:position].rstrip())
        if any(char.isalnum() for char in text[start:end]):
            yield start, end


def is_statement(sentence: str) -> bool:
    """Whether a sentence says something, as far as its words and its end can tell."""
    if CHATTER.match(sentence) or sentence.rstrip("\"')”’*").endswith(("?", "？", "؟", ":", "：")):
        return False
    if sentence.endswith("!") and sentence.count(" ") < 5:
        return False
    return len(re.findall(r"[^\W\d_]{2,}", sentence)) > 2 or not is_latin(sentence)


def _is_stray_code(line: str) -> bool:
    statement = line.endswith((";", "{")) and ("=" in line or "(" in line)
    return statement or bool(STRAY_CODE.match(line))


def split_sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of one line of text, without the space between them."""
    from sentencex import segment

    # Its rules for other scripts are the same. Its time grows with the square of the length.
    pieces = (text[at : min(at + LONGEST_LINE, end)] for at in range(start, end, LONGEST_LINE))
    for part in chain.from_iterable(segment("en", piece) for piece in pieces):
        stripped = part.strip()
        if any(char.isalnum() for char in stripped):
            left = start + part.index(stripped)
            yield left, left + len(stripped)
        start += len(part)
