"""Places that hold words: closed classes from `word_tables`, operators in code, and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, zip_longest

from seapo_cli.stages.errors import word_rules, word_tables
from seapo_cli.stages.errors.code_places import find_conditions
from seapo_cli.stages.errors.measure_places import DATE_WORD
from seapo_cli.stages.errors.source import Finder, Place, Source

RANKED = 8
"""So many neighbours in a table count as equally good."""


def find_words(kind: str, ask: str, words: str, rule: str = "") -> Finder:
    """A finder for a table of words in prose; `rule` names what it must not stand next to."""
    table = word_tables.read_table(words)
    pattern = _pattern(table)
    ranks = {word: rank for rank, word in enumerate(table)}
    rule = rule or kind

    def find(source: Source) -> Iterator[Place]:
        rng = source.rng(rule)
        found = [match for match in source.words(pattern) if _fits(source, match, rule)]
        rng.shuffle(found)
        for match in sorted(found, key=lambda m: ranks[m[0].lower()] // RANKED):
            others = [_like(match[0], other) for other in table[match[0].lower()]]
            yield source.closed(kind, *match.span(), ask, rng.sample(others, len(others)))

    return find


def _pattern(table: word_tables.Table) -> re.Pattern[str]:
    """One for all words; those with a common first letter stand together, which is faster."""
    rests: dict[str, list[str]] = {}
    for word in sorted(table, key=len, reverse=True):
        rests.setdefault(word[0], []).append(re.escape(word[1:]))
    either = "|".join(
        f"[{first}{first.upper()}](?:{'|'.join(words)})" for first, words in rests.items()
    )
    return re.compile(rf"(?<![\w'’/-])(?:{either})(?![\w'’])")


def _fits(source: Source, match: re.Match[str], rule: str) -> bool:
    start, end = match.span()
    if match[0][0].isupper() and (start not in source.openings or rule == "modality"):
        return False  # a name, or a question: "Can you ..."
    if not word_rules.fits(rule, source.text, start, end):
        return False
    return source.prose.hold(start, end) and not source.chatter.meet(start, end)


def _like(original: str, other: str) -> str:
    return other[0].upper() + other[1:] if original[0].isupper() else other


NOT_NAMES = set(
    """I I'm I've I'd A An The This That These Those It Its He She They We You Your My Our His Her
    Their In On At By For From To Of And Or But If So As Is Are Was Were Be Do Does Did Has Have
    Had Can Could May Might Will Would Should Must Not No Yes What When Where Which Who Why How
    There Here Then Thus Therefore However Also Each Every Some All Any Many Most Both Other
    Another One Two Three First Second Third After Before During While Since Because Although
    Let Note Step Answer Question Example Total Finally Next Now Make Use Using With Without OK
    Add Be Q If Try Please Sure Okay Hello Hi Dear""".split()
)
REASON = re.compile(r"\b(?:because|since|so|therefore|thus|hence|if|which|but|although|while)\b")
POSSESSIVE = re.compile(r"['’]s$")
CAPITALISED = r"[A-Z][a-zà-öø-ÿ’']*[a-zà-öø-ÿ]|[A-Z]{2,6}"
NAME = re.compile(
    rf"(?<![\w'’.@#-])(?:{CAPITALISED})(?:(?: | of | de | van | del )(?:{CAPITALISED}))*(?![\w@-])"
)


def find_names(source: Source) -> Iterator[Place]:
    """Names in Latin script, those that the prompt does not hold first; asks for another name."""
    said = source.conversation
    known = {match[0] for match in NAME.finditer(said) if not opens(said, match.start())}
    inner = {m[0] for m in source.words(NAME) if not opens(source.text, m.start())}
    rng = source.rng("name")
    found = []
    for match in source.words(NAME):
        start, end = match.span()
        words = match[0].split()
        if opens(source.text, start) and match[0] not in inner | known:
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


def opens(text: str, start: int) -> bool:
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
_amounts = find_words("quantifier", "a wrong extent", word_tables.AMOUNT, "amount")
_modal = find_words("quantifier", "a wrong extent", word_tables.MODALITY, "modality")
_denied = find_words("negation", "the contrary", word_tables.NEGATION)
_compared = find_words("comparator", "a wrong comparison", word_tables.COMPARATOR)


def find_comparators(source: Source) -> Iterator[Place]:
    """Comparisons in words, and the conditions of code."""
    yield from find_conditions(source, "comparator")
    yield from _compared(source)


def find_quantifiers(source: Source) -> Iterator[Place]:
    """How much, how often, how surely."""
    both = chain(*zip_longest(_amounts(source), _modal(source)))
    yield from (place for place in both if place is not None)


def find_negations(source: Source) -> Iterator[Place]:
    """Statements denied, where the answer says more that contradicts it then."""
    if len(source.statements) > 1 or REASON.search(source.text):
        yield from _denied(source)


def is_inner(source: Source, word: str) -> bool:
    """Whether a word that opens a sentence is no name, and small inside of one."""
    if word in NOT_NAMES:
        return word not in ("I", "I'm", "I've", "I'd")
    return bool(re.search(rf"\b{re.escape(word.lower())}\b", source.text + source.conversation))


def inner(source: Source, word: str) -> str:
    """A word that opens a sentence as it stands inside of one."""
    return word[0].lower() + word[1:] if is_inner(source, word) else word
