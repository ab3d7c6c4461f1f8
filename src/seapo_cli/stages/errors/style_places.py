"""Places for mistakes of style: words in another register, and a broken layout."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seapo_cli.records import Edit
from seapo_cli.stages.errors import frames, word_tables
from seapo_cli.stages.errors.prose import is_latin
from seapo_cli.stages.errors.source import Place, Source
from seapo_cli.stages.errors.text_places import ENDS, OFFERED, comments, ready, rewrite
from seapo_cli.stages.errors.word_places import find_words, inner, is_inner

ITEM = re.compile(r"^[ \t]*([-*•]|\d{1,3}[.)])(?= )", re.MULTILINE)

slang = find_words("register", "a word of another register", word_tables.SLANG)


def find_registers(source: Source) -> Iterator[Place]:
    """Slang or pomp in a matter-of-fact answer: a word, an opening, an aside."""
    rng = source.rng("register")
    words = list(slang(source))
    if source.severity == "subtle":
        yield from words
    ask = "words of quite another register, added here"
    spans = rng.sample(source.sentences, len(source.sentences))
    for start, end in spans:
        sentence = source.text[start:end]
        if not source.is_english or not is_latin(sentence):
            continue
        stop = ENDS.search(sentence)
        opens = re.match(r"([A-Z][a-z]*) [a-z]", sentence)
        if opens and is_inner(source, opens[1]) and rng.random() < 0.4:
            yield _opening(source, start, rng.sample(frames.OPENERS, OFFERED))
        elif stop and rng.random() < 0.6:
            yield ready(source, "register", end, ask, rng.sample(frames.ASIDES, OFFERED))
        else:
            at = end - len(stop[0]) if stop else end
            texts = rng.sample(frames.SHORT_ASIDES, OFFERED)
            yield ready(source, "register", at, ask, texts, ", ")
    yield from words
    yield from comments(source, "register", ask, frames.COMMENT_ASIDES)
    for start, end in spans:
        yield rewrite(source, "register", start, end, "this sentence in quite another register")


def _opening(source: Source, start: int, openers: list[str]) -> Place:
    """`The sky is` becomes `Yo, the sky is`; names and `I` keep their capital."""
    end = source.text.index(" ", start)
    word = inner(source, source.text[start:end])
    texts = [opener + word for opener in openers]
    choices = {text: (source.edit(start, end, text),) for text in texts}
    return Place(
        "register", start, end, "an opening of quite another register", choices, framed=True
    )


def find_formats(source: Source) -> Iterator[Place]:
    """The layout broken at one point: an item's mark, shouting, run-on lines, stray signs."""
    rng = source.rng("format")
    items = [match for match in ITEM.finditer(source.text) if not source.in_code(*match.span())]
    if len(items) > 1:
        for match in rng.sample(items[1:], len(items) - 1):
            yield _item(source, match)
    spans = rng.sample(source.sentences, len(source.sentences))
    for start, end in spans:
        if choices := _layouts(source, start, end):
            yield Place("format", start, end, "this sentence in a broken layout", choices)


def _item(source: Source, match: re.Match[str]) -> Place:
    """One item of a list marked unlike the others, or run into the item before it."""
    start, end = match.span(1)
    marks = [mark for mark in ("b)", ">>", "=>", "9.", "(?)") if mark != match[1]]
    choices: dict[str, tuple[Edit, ...]] = {
        mark: (source.edit(start, end, mark),) for mark in marks
    }
    before = len(source.text[:start].rstrip())
    if before < start:
        choices["; (same line)"] = (source.edit(before, end + 1, "; "),)
    return Place("format", start, end, "another mark for this item", choices)


def _layouts(source: Source, start: int, end: int) -> dict[str, tuple[Edit, ...]]:
    """Ways to break one sentence's layout; what each does is its name."""
    text = source.text[start:end]
    if not re.search(r"[a-z]{3}", re.sub(r"<<.*?>>", "", text)):
        return {}
    found: dict[str, tuple[Edit, ...]] = {}
    if not source.kept.meet(start, end) and not re.search(r"[\\$_{}]", text):
        shout = re.sub(r"<<.*?>>|[a-z]+", lambda m: m[0] if m[0][0] == "<" else m[0].upper(), text)
        found["capitals and emoji"] = (source.edit(start, end, f"{shout} \U0001f389\U0001f389"),)
    gaps = [start + m.end() for m in re.finditer(r"[a-z]{2} (?=[a-z]{2})", text)]
    gaps = [at for at in gaps if not source.is_kept(at, at)]
    if gaps:
        at = gaps[len(gaps) // 2]
        found["stray <br>"] = (source.edit(at, at, "<br><br>"),)
        found["stray ###"] = (source.edit(at, at, "### "),)
        found["table bars"] = (source.edit(start, start, "| "), source.edit(end, end, " | |"))
    found["stray tag"] = (source.edit(end, end, "</p>&nbsp;"),)
    return found
