"""Places for whole sentences: rewritten, or added between two others.

In English each kind offers ready sentences first (closed; see `frames`), and then the same
places open for a sentence of the model's own; other languages have the open ones only. Open
patterns hold no quotes, backslashes or line breaks, so that every server can keep to them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from string import Template

from seapo_cli.stages.errors import frames
from seapo_cli.stages.errors.code_places import find_conditions
from seapo_cli.stages.errors.prose import is_latin
from seapo_cli.stages.errors.source import Place, Source
from seapo_cli.stages.errors.spans import Span
from seapo_cli.stages.errors.word_places import (
    NAME,
    NOT_NAMES,
    POSSESSIVE,
    find_connectives,
    find_quantifiers,
    inner,
    is_inner,
    opens,
)

OFFERED = 5
ENDS = re.compile(r"[.!?…:;。！？؟][\"')\]”’]*$")
STOPS = re.compile(r"[.!…。！][\"')\]”’*]*$")
STATEMENT = re.compile(r"[^\n]*[\w)\]};:]$", re.MULTILINE)
LINE = re.compile(r"^[ \t]*(?!```|~~~)(\S(?:[^\n]*\S)?)", re.MULTILINE)
IDLE = re.compile(r"\s*(?:import|from|using|package|#|else|try|finally|[{}()\]]*;?$)")
CONCLUDES = re.compile(r"(?:therefore|thus|hence|in conclusion|overall|in short|finally)\b", re.I)
COPULA = re.compile(
    r"((?!There|Here|What|Who|How|Why|If|When|While|As|In|On|At|For|To|By|With|From|Not)"
    r"[A-Z][\w’']*(?: [\w’'-]+){0,5}?) (is|are|was|were|can|will) "
    r"((?!not |no |never |also |then |therefore |thus |only |still |indeed )[^,;:()<>=\n]{5,90}\.)"
)
RELATIVE = set("what who that which you we i".split())
PRONOUNS = set("i it this that these those he she they we you his her their its".split())
DENIED = {w: f"{w} not" for w in ("is", "are", "was", "were", "will")} | {"can": "cannot"}


def free_text(latin: bool, shortest: int) -> str:
    """A pattern for free text in Latin or another script, of at least about so many characters.

    Without upper or large lower bounds: with them vLLM's grammar compiler takes 1 to 2 s of CPU
    for each request, twenty times as long. The request's token limit ends a text that runs on.
    """
    if not latin:
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
    plain = source.is_english and is_latin(source.text[start:end])
    plain = plain and not source.in_code(start, end)
    pattern = free_text(plain, size * 2 // 3)
    return Place(kind, start, end, ask, pattern=pattern, free=True, keeps=0.4 if size > 40 else 0)


def _lines(source: Source) -> Sequence[Span]:
    found = [match.span(1) for match in LINE.finditer(source.text)]
    wordy = [span for span in found if any(c.isalnum() for c in source.text[slice(*span)])]
    return wordy or found or [(0, len(source.text))]


def ready(
    source: Source, kind: str, at: int, ask: str, texts: Sequence[str], before: str = " "
) -> Place:
    """A closed insertion: one of `texts`, after `before`."""
    choices = {text: (source.edit(at, at, before + text),) for text in texts}
    return Place(kind, at, at, ask, choices, framed=True)


def own(source: Source, kind: str, at: int, ask: str) -> Place:
    """An open insertion: a sentence of the model's own."""
    pattern = free_text(True, 35).removesuffix("[.!?]?") + "\\."
    glue = " "
    if not source.is_english:
        pattern, glue = free_text(False, 8), "" if "。" in source.text else " "
    return Place(kind, at, at, ask, pattern=pattern, free=True, before=glue)


def comments(source: Source, kind: str, ask: str, texts: Sequence[str]) -> Iterator[Place]:
    """Comments at the ends of code lines, those that do something first."""
    rng = source.rng(kind + " comment")
    lines = [
        (block.sign, match)
        for block in source.blocks
        for match in source.live(STATEMENT, block)
        if block.sign not in match[0] and not source.silent.meet(match.end() - 1, match.end())
    ]
    rng.shuffle(lines)
    for sign, match in sorted(lines, key=lambda line: bool(IDLE.match(line[1][0]))):
        yield ready(source, kind, match.end(), ask, frames.draw(texts, OFFERED, rng), f"  {sign} ")


def find_details(source: Source) -> Iterator[Place]:
    """After a sentence, an item or a line of code: something that was never so."""
    rng = source.rng("detail")
    ask = "an invented detail, added here"
    spans = rng.sample(source.statements, len(source.statements))
    for start, end in spans:
        sentence = source.text[start:end]
        if not source.is_english or not is_latin(sentence):
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
    found = (m for m in NAME.finditer(sentence, 1) if not opens(sentence, m.start()))
    names = [m[0] for m in found if not set(m[0].split()) & NOT_NAMES]
    name = POSSESSIVE.sub("", names[0]) if names else ""
    about = frames.draw(frames.NAMED_DETAILS, 3, rng, name) if name else []
    return about + frames.draw(frames.DETAILS, OFFERED - len(about), rng)


def find_conclusions(source: Source) -> Iterator[Place]:
    """The last statement followed by a conclusion that it does not bear, or rewritten so."""
    ask = "a conclusion that does not follow"
    ended = [s for s in source.statements if STOPS.search(source.text[slice(*s)])]
    if source.is_english:
        yield from _unfounded(source, ask, ended)
    if not next(find_conditions(source, "conclusion"), None):  # a broken condition is better
        yield from comments(source, "conclusion", ask, frames.COMMENT_CONCLUSIONS)
    for start, end in ended[-1:]:
        if CONCLUDES.match(source.text, start):
            yield rewrite(source, "conclusion", start, end, ask)
        yield own(source, "conclusion", end, "a conclusion of your own that does not follow")


def _unfounded(source: Source, ask: str, ended: Sequence[Span]) -> Iterator[Place]:
    """Ready conclusions: from what the answer itself says first, then of a general kind."""
    rng = source.rng("conclusion")
    if ended:
        for span in rng.sample(ended, len(ended)):
            if texts := _from_sentence(source, span, rng):
                yield ready(source, "conclusion", span[1], ask, texts)
        if not source.is_worked and _has_steps(source):
            return  # a step to break is better than a general remark
        usual = frames.STORY_CONCLUSIONS if source.is_worked else frames.CONCLUSIONS
        yield ready(source, "conclusion", ended[-1][1], ask, frames.draw(usual, OFFERED, rng))
    elif source.sentences and not source.is_worked and not source.chatter:
        end = source.sentences[-1][1]
        texts = frames.draw(frames.CIRCLES, OFFERED, rng)
        yield ready(source, "conclusion", end, "a reason that is none", texts, ", ")


def _is_name(source: Source, subject: str) -> bool:
    """Whether a subject that opens a sentence keeps its capital inside of one."""
    if len(words := subject.split()) > 1 and all(word[0].isupper() for word in words):
        return True
    inside = re.compile(rf"[a-z,] {re.escape(words[0])}\b")
    return bool(inside.search(source.text) or inside.search(source.conversation))


def _has_steps(source: Source) -> bool:
    return any(next(find(source), None) for find in (find_connectives, find_quantifiers))


def _from_sentence(source: Source, span: Span, rng: random.Random) -> list[str]:
    """Conclusions that a plain sentence does not bear: its denial, its converse and the like."""
    plain = COPULA.fullmatch(source.text, *span)
    if not plain:
        return []
    subject, verb, rest = plain.groups()
    first, _, more = subject.partition(" ")
    if RELATIVE & set(more.split()):
        return []
    if not is_inner(source, first) and not _is_name(source, subject):
        return []
    blanks = {
        "subject": f"{inner(source, first)} {more}".strip(),
        "verb": verb,
        "rest": rest.rstrip("."),
    }
    blanks["denied"] = DENIED[verb]
    usable = list(frames.FALLACIES)
    if first.lower() in PRONOUNS:  # "nothing but it is" is no English
        usable = [frame for frame in usable if "only $" not in frame and "but $" not in frame]
    return [Template(frame).substitute(blanks) for frame in rng.sample(usable, len(usable))]
