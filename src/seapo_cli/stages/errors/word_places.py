"""Places that hold words: closed classes from `word_tables`, operators in code, and names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seapo_cli.stages.errors import word_tables
from seapo_cli.stages.errors.numeric_places import DATE_WORD, closed
from seapo_cli.stages.errors.source import Finder, Place, Source

NOT_NEXT = {
    "negation": re.compile(r"\s*(?:,|not\b|no\b|never\b|nothing\b|hardly\b|also\b|n't)"),
    "comparative": re.compile(r"\s*(?:-|and\b|or\b)"),
    "connective": re.compile(r"\s*(?:if\b|though\b|not\b)"),
    "quantifier": re.compile(r"-|\s*(?:not\b|be\s+no\b)"),
    "comparator": re.compile(r"-"),
}
"""After these the wrong word would not fit into the sentence."""

Table = dict[str, tuple[str, ...]]


def find_words(kind: str, ask: str, prose: str, code: str = "") -> Finder:
    """A finder for a table of words, and one for code."""
    table, code_table = word_tables.read_table(prose), word_tables.read_table(code)
    words = _pattern(table, r"(?<![\w'’/-])(?:{})(?![\w'’])")
    operators = _pattern(code_table, r"(?<![-+*/=<>!&|\w\"'])(?:{})(?![-+*/=<>!&|\w\"'])")

    def find(source: Source) -> Iterator[Place]:
        found = []
        for match in words.finditer(source.text):
            if not source.is_kept(*match.span()) and _is_prose(source, match, kind):
                found.append((match, table))
        if code_table:
            found += [(m, code_table) for m in source.words(operators, code=True)]
        rng = source.rng(kind)
        ranks = {word: rank for rank, word in enumerate([*table, *code_table])}
        rng.shuffle(found)
        for match, answers in sorted(found, key=lambda f: ranks[f[0][0].lower()] // 8):
            others = [_like(match[0], other) for other in answers[match[0].lower()]]
            yield closed(source, kind, *match.span(), ask, rng.sample(others, len(others)))

    return find


def _pattern(table: Table, around: str) -> re.Pattern[str]:
    words = sorted(table, key=len, reverse=True)
    either = "|".join(
        f"[{w[0]}{w[0].upper()}]{re.escape(w[1:])}" if w[0].isalpha() and w != "True" else re.escape(w)
        for w in words
    )
    return re.compile(around.format(either or r"\b\B"))


def _is_prose(source: Source, match: re.Match[str], kind: str) -> bool:
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
CAPITALISED = r"[A-Z][a-zà-öø-ÿ’']*[a-zà-öø-ÿ]|[A-Z]{2,6}"
NAME = re.compile(
    rf"(?<![\w'’.@#-])(?:{CAPITALISED})(?:(?: | of | de | van | del )(?:{CAPITALISED}))*(?![\w@-])"
)


def find_names(source: Source) -> Iterator[Place]:
    """Names in Latin script, those that the prompt does not hold first; asks for another name."""
    known = {match[0] for match in NAME.finditer(source.conversation)}
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
find_comparators = find_words(
    "comparator", "a wrong comparison", word_tables.COMPARATOR, word_tables.CODE
)
find_negations = find_words("negation", "the contrary", word_tables.NEGATION)
