"""Places that hold words: closed classes from `word_tables`, operators in code, and names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seapo_cli.stages.errors import word_tables
from seapo_cli.stages.errors.code_places import find_conditions
from seapo_cli.stages.errors.numeric_places import DATE_WORD
from seapo_cli.stages.errors.source import Finder, Place, Source

NOT_NEXT = {
    "negation": re.compile(r"\s*(?:,|not\b|no\b|never\b|nothing\b|hardly\b|also\b|n't)"),
    "comparative": re.compile(r"\s*(?:-|and\b|or\b)"),
    "connective": re.compile(r"\s*(?:if\b|though\b|not\b)"),
    "quantifier": re.compile(r"-|\s*(?:not\b|be\s+no\b)"),
    "comparator": re.compile(r"-"),
}
"""After these the wrong word would not fit into the sentence."""

RANKED = 8
"""So many neighbours in a table count as equally good."""


def find_words(kind: str, ask: str, words: str) -> Finder:
    """A finder for a table of words in prose."""
    table = word_tables.read_table(words)
    pattern = _pattern(table)
    ranks = {word: rank for rank, word in enumerate(table)}

    def find(source: Source) -> Iterator[Place]:
        rng = source.rng(kind)
        found = [match for match in source.words(pattern) if _fits(source, match, kind)]
        rng.shuffle(found)
        for match in sorted(found, key=lambda m: ranks[m[0].lower()] // RANKED):
            others = [_like(match[0], other) for other in table[match[0].lower()]]
            yield source.closed(kind, *match.span(), ask, rng.sample(others, len(others)))

    return find


def _pattern(table: word_tables.Table) -> re.Pattern[str]:
    words = [re.escape(word) for word in sorted(table, key=len, reverse=True)]
    either = "|".join(f"(?i:{word[0]}){word[1:]}" for word in words)
    return re.compile(rf"(?<![\w'’/-])(?:{either})(?![\w'’])")


def _fits(source: Source, match: re.Match[str], kind: str) -> bool:
    start, end = match.span()
    inside = any(left <= start and end <= right for left, right in source.prose)
    bad = NOT_NEXT[kind].match(source.text, end) if kind in NOT_NEXT else None
    inner_capital = match[0][0].isupper() and all(start != left for left, _ in source.sentences)
    return inside and not bad and not inner_capital


def _like(original: str, other: str) -> str:
    return other[0].upper() + other[1:] if original[0].isupper() else other


NOT_NAMES = set(
    """I I'm I've I'd A An The This That These Those It Its He She They We You Your My Our His Her
    Their In On At By For From To Of And Or But If So As Is Are Was Were Be Do Does Did Has Have
    Had Can Could May Might Will Would Should Must Not No Yes What When Where Which Who Why How
    There Here Then Thus Therefore However Also Each Every Some All Any Many Most Both Other
    Another One Two Three First Second Third After Before During While Since Because Although
    Let Note Step Answer Question Example Total Finally Next Now Make Use Using With Without OK
    Add Be Q If Try Please""".split()
)
POSSESSIVE = re.compile(r"['’]s$")
CAPITALISED = r"[A-Z][a-zà-öø-ÿ’']*[a-zà-öø-ÿ]|[A-Z]{2,6}"
NAME = re.compile(
    rf"(?<![\w'’.@#-])(?:{CAPITALISED})(?:(?: | of | de | van | del )(?:{CAPITALISED}))*(?![\w@-])"
)


def find_names(source: Source) -> Iterator[Place]:
    """Names in Latin script, those that the prompt does not hold first; asks for another name."""
    said = source.conversation
    known = {match[0] for match in NAME.finditer(said) if not _opens(said, match.start())}
    inner = {m[0] for m in source.words(NAME) if not _opens(source.text, m.start())}
    rng = source.rng("name")
    found = []
    for match in source.words(NAME):
        start, end = match.span()
        words = match[0].split()
        if _opens(source.text, start) and match[0] not in inner | known:
            while words and words[0] in NOT_NAMES:
                start += len(words.pop(0)) + 1
            if len(words) < 2 and start == match.start():
                continue
        name = source.text[start:end]
        if POSSESSIVE.search(name):
            name, end = name[:-2], end - 2
        if words and not set(words) & NOT_NAMES and not DATE_WORD.fullmatch(name):
            found.append((name in source.conversation, start, end))
    rng.shuffle(found)
    for _, start, end in sorted(found, key=lambda f: f[0]):
        yield _name(source, start, end)


def _opens(text: str, start: int) -> bool:
    """Whether a word opens a sentence, a line or a list item, and so is capitalised anyway."""
    return not re.search(r"[\w,;()\"“’'&/-][ ]?$|[\w,;)] [\"“(]$", text[max(0, start - 4) : start])


def _name(source: Source, start: int, end: int) -> Place:
    """Another name of the same form; it cannot begin with the same letter, so not be the same."""
    name = source.text[start:end]
    words = name.split()
    letters = "".join(c for c in "ABCDEFGHIJKLMNOPRSTUVWY" if c != name[0])
    if name.isupper() and len(words) == 1:
        pattern = f"[{letters}][A-Z]{{{max(1, len(name) - 2)},{len(name)}}}"
    else:
        count = min(len(words), 3) - 1
        pattern = f"[{letters}][a-z]{{2,11}}" + "( [A-Z][a-z]{2,11})" * count
    return Place("name", start, end, "another name of the same kind", pattern=pattern)


find_comparatives = find_words("comparative", "the contrary", word_tables.COMPARATIVE)
find_connectives = find_words("connective", "a wrong connection", word_tables.CONNECTIVE)
find_quantifiers = find_words("quantifier", "a wrong extent", word_tables.QUANTIFIER)
find_negations = find_words("negation", "the contrary", word_tables.NEGATION)
_compared = find_words("comparator", "a wrong comparison", word_tables.COMPARATOR)


def find_comparators(source: Source) -> Iterator[Place]:
    """Comparisons in words, and the conditions of code."""
    yield from find_conditions(source, "comparator")
    yield from _compared(source)
