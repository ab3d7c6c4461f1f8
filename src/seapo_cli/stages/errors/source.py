"""An answer prepared for edit mode: its sentences, its code, what must stay, and what a place is.

All offsets are in characters of the answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from seapo_cli.records import Edit
from seapo_cli.stages.errors.base import Severity, Task

Span = tuple[int, int]

OFFERED = 6
"""Most answers offered at one closed place."""

FENCE = re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)
CODE_LINE = re.compile(
    r"^\s*(def |class |import |from \w+ import|return\b"
    r"|(for|while|if|elif|else|try|except)\b.*:\s*$"
    r"|[\w.\[\]'\"]+\s*[-+*/]?=\s*\S|\w[\w.]*\(.*\)[;:]?\s*$|[{}]\s*$|.*[;{]\s*$|#include|#!|//|</?\w+)"
)
KEPT = re.compile(
    r"https?://[^\s)>\]]+|www\.[^\s)>\]]+|\S+@\S+\.\w+|`[^`\n]+`|!?\[[^\]\n]*\]\([^)\n]*\)"
    r"|(?<!\w)[~.]?/[\w.-]+(?:/[\w.-]+)+|\b\w+\.(?:com|org|net|py|js|txt|md|json|csv|html)\b"
)
MARKER = re.compile(r"[ \t]*(?:[-*•+>] +|\d{1,3}[.)][ \t]+|[A-Za-z][.)] +|#+ +)?")
WORKED = re.compile(r"<<[^<>]+>>|\d ?[-+*/x×÷] ?\$?\d[^\n]*=")
FINAL_ANSWER = re.compile(r"^####.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a mistake may go, and what may be written there.

    A closed place lists its answers with the edits behind each; an open one says with
    `pattern` (a simple regular expression without anchors) what the model may write.
    """

    kind: str
    start: int
    end: int
    """`start == end` is an insertion."""
    ask: str
    """What to write, for the model."""
    choices: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    pattern: str = ""
    free: bool = False
    """Open for whole sentences: beyond a very small model."""
    framed: bool = False
    """Closed, with ready sentences: less varied than what a better model writes itself."""
    before: str = ""
    """What stands between the text and an open insertion: a space."""
    keeps: float = 0.0
    """Least share of the original's words that an open answer has to keep."""


@dataclass(frozen=True)
class Source:
    """What the finders of places look at."""

    text: str
    conversation: str = ""
    severity: Severity = "moderate"
    own_words: bool = False
    seed: int = 0

    @classmethod
    def of(cls, task: Task) -> Source:
        said = "\n".join(message.content for message in task.messages)
        return cls(task.response, said, task.severity, task.own_words, task.seed)

    def rng(self, purpose: str) -> random.Random:
        """Draws for one purpose: they do not move when another finder draws more or less."""
        return random.Random(f"{self.seed}:{purpose}")

    @cached_property
    def code(self) -> tuple[Span, ...]:
        """Fenced blocks without their fences, or the whole answer where it is plain code."""
        fenced = tuple(match.span(2) for match in FENCE.finditer(self.text))
        lines = [line for line in self.text.splitlines() if line.strip()]
        if not fenced and sum(bool(CODE_LINE.match(line)) for line in lines) > len(lines) * 0.6:
            return ((0, len(self.text)),)
        return fenced

    @cached_property
    def kept(self) -> tuple[Span, ...]:
        """What no edit may cut into: addresses, file names, links, inline code."""
        return tuple(match.span() for match in KEPT.finditer(self.text))

    def in_code(self, start: int, end: int) -> bool:
        return _meets(self.code, start, end)

    def is_kept(self, start: int, end: int) -> bool:
        return _meets(self.kept, start, end)

    @cached_property
    def fences(self) -> tuple[Span, ...]:
        return tuple(match.span() for match in FENCE.finditer(self.text)) or self.code

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Prose sentences without list markers and surrounding space, in order."""
        return tuple(span for line in self.prose for span in split_sentences(self.text, *line))

    @cached_property
    def prose(self) -> tuple[Span, ...]:
        """Lines of prose: not blank, not code, no table, no `#### 42`, without list markers."""
        return tuple(_prose_lines(self.text, self.fences))

    def sentence_at(self, position: int) -> Span | None:
        return next((span for span in self.sentences if span[0] <= position < span[1]), None)

    def words(self, pattern: re.Pattern[str], *, code: bool = False) -> Iterator[re.Match[str]]:
        """Matches in prose (or in code), outside of what is kept."""
        for match in pattern.finditer(self.text):
            if self.in_code(*match.span()) == code and not self.is_kept(*match.span()):
                yield match

    @cached_property
    def is_worked(self) -> bool:
        """Whether the answer works something out in steps."""
        return bool(WORKED.search(self.text))

    def closed(self, kind: str, start: int, end: int, ask: str, others: Sequence[str]) -> Place:
        """A place whose answers are `others`, each replacing just this span."""
        choices = {text: (self.edit(start, end, text),) for text in others[:OFFERED]}
        return Place(kind, start, end, ask, choices)

    def edit(self, start: int, end: int, replacement: str) -> Edit:
        original = self.text[start:end]
        return Edit(start=start, end=end, original=original, replacement=replacement)


Finder = Callable[[Source], Iterable[Place]]
"""A kind of place: finds all its places in an answer, the best first."""


def _meets(spans: Sequence[Span], start: int, end: int) -> bool:
    return any(start < right and left < max(end, start + 1) for left, right in spans)


def _prose_lines(text: str, fences: Sequence[Span]) -> Iterator[Span]:
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if _meets(fences, start, position) or line.startswith("####") or "|" in line:
            continue
        marker = MARKER.match(line)
        start += marker.end() if marker else 0
        end = start + len(text[start:position].rstrip())
        if any(char.isalnum() for char in text[start:end]):
            yield start, end


def split_sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of one line of text, without the space between them."""
    from sentencex import segment

    for part in segment("en", text[start:end]):  # its rules for other scripts are the same
        stripped = part.strip()
        if any(char.isalnum() for char in stripped):
            left = start + part.index(stripped)
            yield left, left + len(stripped)
        start += len(part)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Put `edits` (sorted, not overlapping) into `text`."""
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.start], edit.replacement]
        position = edit.end
    return "".join([*parts, text[position:]])


def disjoint(edits: Sequence[Edit]) -> bool:
    """Whether sorted edits stay apart: neither overlapping nor two insertions at one point."""
    spans = [(edit.start, edit.end) for edit in edits]
    return all(a[1] <= b[0] and a != b for a, b in pairwise(spans))
