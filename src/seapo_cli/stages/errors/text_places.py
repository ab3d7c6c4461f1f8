"""Places for whole sentences: rewritten, or added between two others.

In Latin script each kind offers ready sentences first (closed; see `frames`), and then the same
places open for a sentence of the model's own; other scripts have the open ones only. Open
patterns hold no quotes, backslashes or line breaks, so that every server can keep to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seapo_cli.stages.errors import frames
from seapo_cli.stages.errors.source import Place, Source, Span
from seapo_cli.stages.errors.word_places import NAME, NOT_NAMES

OFFERED = 5
ENDS = re.compile(r"[.!?…:;。！？؟][\"')\]”’]*$")
CONCLUDES = re.compile(r"(?:therefore|thus|hence|in conclusion|overall|in short|finally)\b", re.I)
COPULA = re.compile(
    r"([A-Z][\w’']*(?: [\w’'-]+){0,5}?) (is|are|was|were|can|will) "
    r"((?!not |no |never |also )[^,;:()\n]{5,70}\.)"
)
DENIED = {w: f"{w} not" for w in ("is", "are", "was", "were", "will")} | {"can": "cannot"}


def is_latin(text: str) -> bool:
    """Whether most letters are Latin ones; also where there are none."""
    ours = [c.isascii() for c in text if c.isalpha()]
    return sum(ours) * 2 >= len(ours)


def free_text(like: str, shortest: int) -> str:
    """A pattern for free text in the script of `like`, of at least about so many characters.

    Without upper or large lower bounds: with them vLLM's grammar compiler takes 1 to 2 s of CPU
    for each request, twenty times as long. The request's token limit ends a text that runs on.
    """
    if not is_latin(like):
        return rf'[^"\\\n\r\t]{{{min(20, max(1, shortest // 2))},}}'
    # Word by word: held to characters only, a small model runs on without a space.
    low = min(8, max(0, shortest // 7 - 1))
    return rf"[A-Za-z0-9$][A-Za-z0-9'%.-]*(,? [A-Za-z0-9$'%.-]+){{{low},}}[.!?]?"


def find_sentences(source: Source) -> Iterator[Place]:
    """Any sentence, to be written anew at about its own length; else any line."""
    spans = source.sentences or _lines(source)
    ask = "this sentence again, with the mistake in it"
    for start, end in source.rng("sentence").sample(spans, len(spans)):
        yield rewrite(source, "sentence", start, end, ask)


def rewrite(source: Source, kind: str, start: int, end: int, ask: str) -> Place:
    """An open place for a whole sentence, of which the new one has to keep something."""
    size = end - start
    pattern = free_text(source.text[start:end], size * 2 // 3)
    return Place(kind, start, end, ask, pattern=pattern, free=True, keeps=0.4 if size > 40 else 0)


def _lines(source: Source) -> Sequence[Span]:
    found = [match.span() for match in re.finditer(r"\S(?:[^\n]*\S)?", source.text)]
    wordy = [span for span in found if any(c.isalnum() for c in source.text[slice(*span)])]
    return wordy or found


def ready(
    source: Source, kind: str, at: int, ask: str, texts: Sequence[str], before: str = " "
) -> Place:
    """A closed insertion: one of `texts`, after `before`."""
    choices = {text: (source.edit(at, at, before + text),) for text in texts}
    return Place(kind, at, at, ask, choices, framed=True)


def own(source: Source, kind: str, at: int, ask: str) -> Place:
    """An open insertion: a sentence of the model's own."""
    pattern = free_text(source.text, 35).removesuffix("[.!?]?") + "\\."
    glue = " "
    if not is_latin(source.text):
        pattern, glue = free_text(source.text, 8), "" if "。" in source.text else " "
    return Place(kind, at, at, ask, pattern=pattern, free=True, before=glue)


def comments(source: Source, kind: str, ask: str, texts: Sequence[str]) -> Iterator[Place]:
    """Comments at the ends of code lines."""
    rng = source.rng(kind + " comment")
    lines = [
        match
        for span in source.code
        for match in re.finditer(r"[^\n]*[\w)\]};:]$", source.text[: span[1]], re.MULTILINE)
        if match.start() >= span[0] and "#" not in match[0] and "//" not in match[0]
    ]
    slashes = re.search(r"[;{]\s*$", source.text, re.MULTILINE)
    for match in rng.sample(lines, len(lines)):
        sign = "  // " if slashes else "  # "
        yield ready(source, kind, match.end(), ask, frames.draw(texts, OFFERED, rng), sign)


def find_details(source: Source) -> Iterator[Place]:
    """After a sentence, an item or a line of code: something that was never so."""
    rng = source.rng("detail")
    ask = "an invented detail, added here"
    spans = rng.sample(source.sentences, len(source.sentences))
    for start, end in spans:
        sentence = source.text[start:end]
        if not is_latin(sentence):
            continue
        if ENDS.search(sentence) or source.is_worked:
            stop = "" if ENDS.search(sentence) else "."
            texts = _details(source, sentence)
            yield ready(source, "detail", end, ask, texts, stop + " ")
        else:
            yield ready(source, "detail", end, ask, frames.draw(frames.ITEM_DETAILS, OFFERED, rng))
    yield from comments(source, "detail", ask, frames.COMMENT_DETAILS)
    for _, end in spans:
        yield own(source, "detail", end, "a sentence of your own with an invented detail")


def _details(source: Source, sentence: str) -> list[str]:
    rng = source.rng("detail of " + sentence)
    if source.is_worked:
        return frames.draw(frames.STORY_DETAILS, OFFERED, rng)
    names = [m[0] for m in NAME.finditer(sentence, 1) if not set(m[0].split()) & NOT_NAMES]
    about = frames.draw(frames.NAMED_DETAILS, 3, rng, names[0]) if names else []
    return about + frames.draw(frames.DETAILS, OFFERED - len(about), rng)


def find_conclusions(source: Source) -> Iterator[Place]:
    """The last sentence followed by a conclusion that it does not bear, or rewritten so."""
    rng = source.rng("conclusion")
    ask = "a conclusion that does not follow"
    spans = [span for span in source.sentences if ENDS.search(source.text[slice(*span)])]
    if spans and is_latin(source.text):
        usual = frames.STORY_CONCLUSIONS if source.is_worked else frames.CONCLUSIONS
        denials = _denials(source, spans)[:3]
        texts = denials + frames.draw(usual, OFFERED - len(denials), rng)
        yield ready(source, "conclusion", spans[-1][1], ask, texts)
    yield from comments(source, "conclusion", ask, frames.COMMENT_CONCLUSIONS)
    for start, end in spans[-1:]:
        if CONCLUDES.match(source.text, start):
            yield rewrite(source, "conclusion", start, end, ask)
        yield own(source, "conclusion", end, "a conclusion of your own that does not follow")


def _denials(source: Source, spans: Sequence[Span]) -> list[str]:
    """Conclusions that contradict a plain sentence of the answer: `Therefore, X is not Y.`"""
    found = []
    for start, end in source.rng("denial").sample(spans, len(spans)):
        if plain := COPULA.fullmatch(source.text, start, end):
            first, _, rest = plain[1].partition(" ")
            first = first.lower() if first in NOT_NAMES and first != "I" else first
            subject = f"{first} {rest}".strip()
            found.append(f"Therefore, {subject} {DENIED[plain[2]]} {plain[3]}")
    return found
