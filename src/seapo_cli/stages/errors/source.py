"""An answer prepared for edit mode: its sentences, its code, what must stay, and what a place is.

All offsets are in characters of the answer.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from seapo_cli.records import Edit
from seapo_cli.stages.errors import language
from seapo_cli.stages.errors.base import Severity, Task

Span = tuple[int, int]

OFFERED = 6
"""Most answers offered at one closed place."""

FENCE = re.compile(
    r"^[ \t]*(```|~~~)[ \t]*([\w+#-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[^\n]*|\Z)",
    re.MULTILINE | re.DOTALL,
)
CODE_LINE = re.compile(
    r"^\s*(def |class |import |from \w+ import|return\b"
    r"|(for|while|if|elif|else|try|except)\b.*:\s*$"
    r"|[\w.\[\]'\"]+\s*[-+*/]?=\s*\S|\w[\w.]*\(.*\)[;:]?\s*$|[{}]\s*$|.*[;{]\s*$|#include|#!|//|</?\w+)"
)
STRAY_CODE = re.compile(
    r"def \w+\(|import [\w.]+$|from [\w.]+ import |#include|</?\w+[^>]*>|[{}]|\$ \w|@\w+$"
)
"""Lines of code outside of fences in an answer that is prose for the most part."""
KEPT = re.compile(
    r"https?://[^\s)>\]]+|www\.[^\s)>\]]+|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,64}\.\w+|`[^`\n]+`"
    r"|!?\[[^\[\]\n]{0,300}\]\([^()\n]{0,300}\)"
    r"|(?<!\w)[~.]?/[\w.-]+(?:/[\w.-]+)+|\b\w+\.(?:com|org|net|py|js|txt|md|json|csv|html)\b"
)
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
MARKER = re.compile(r"[ \t]*(?:[-*•+>] +|\d{1,3}[.)][ \t]+|[A-Za-z][.)] +|#+ +)?")
WORKED = re.compile(r"<<[^<>]+>>|\d ?[-+*/x×÷] ?\$?\d[^\n=]{0,120}=")
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


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in a programming language."""

    start: int
    end: int
    sign: str
    """How its comments begin."""
    python: bool
    program: bool
    """Whether signs in it are operators; not so in a shell script or YAML."""


class Spans(tuple[Span, ...]):
    """Spans in order that do not overlap, quick to search: answers may have thousands."""

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self]

    def meet(self, start: int, end: int) -> bool:
        """Whether one of them shares a character with this one; an empty one counts as one."""
        last = bisect_left(self._starts, max(end, start + 1)) - 1
        return last >= 0 and start < self[last][1]

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them holds all of this one."""
        last = bisect_right(self._starts, start) - 1
        return last >= 0 and end <= self[last][1]


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
    def code(self) -> Spans:
        """Fenced blocks without their fences, or the whole answer where it is plain code."""
        fenced = Spans(match.span(3) for match in FENCE.finditer(self.text))
        lines = [line for line in self.text.splitlines() if line.strip()]
        if fenced:
            return fenced
        mostly = sum(bool(CODE_LINE.match(line)) for line in lines) > len(lines) * 0.6
        if mostly or (language.is_python("", self.text) and language.parses(self.text)):
            return Spans([(0, len(self.text))])
        return Spans()

    @cached_property
    def scripts(self) -> tuple[Block, ...]:
        """Blocks of code that may hold comments."""
        tagged = [(m[2].lower(), m.span(3)) for m in FENCE.finditer(self.text)]
        found = []
        for tag, (start, end) in tagged or [("", span) for span in self.code]:
            part = self.text[start:end]
            if sign := language.comment_sign(tag, part):
                python, program = language.is_python(tag, part), language.is_program(tag, part)
                found.append(Block(start, end, sign, python, program))
        return tuple(found)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks of code that is run, of which the signs are operators."""
        return tuple(block for block in self.scripts if block.program)

    @cached_property
    def silent(self) -> Spans:
        """Strings and comments in code."""
        return Spans(
            span
            for block in self.scripts
            for span in language.silent_spans(block.sign, self.text, block.start, block.end)
        )

    def live(self, pattern: re.Pattern[str], block: Block) -> Iterator[re.Match[str]]:
        """Matches in a block of code that begin outside of strings and comments."""
        for match in pattern.finditer(self.text, block.start, block.end):
            if not self.silent.meet(match.start(), match.start()):
                yield match

    def breaks(self, edit: Edit) -> bool:
        """Whether an edit leaves a block of Python invalid that was valid."""
        for block in self.blocks:
            if block.python and block.start <= edit.start and edit.end <= block.end:
                before = self.text[block.start : block.end]
                left, right = edit.start - block.start, edit.end - block.start
                after = before[:left] + edit.replacement + before[right:]
                return language.parses(before) and not language.parses(after)
        return False

    @cached_property
    def kept(self) -> Spans:
        """What no edit may cut into: addresses, file names, links, inline code."""
        return Spans(match.span() for match in KEPT.finditer(self.text))

    def in_code(self, start: int, end: int) -> bool:
        return self.code.meet(start, end)

    def is_kept(self, start: int, end: int) -> bool:
        return self.kept.meet(start, end)

    @cached_property
    def fences(self) -> Spans:
        return Spans(match.span() for match in FENCE.finditer(self.text)) or self.code

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Prose sentences without list markers and surrounding space, in order."""
        return tuple(span for line in self.prose for span in split_sentences(self.text, *line))

    @cached_property
    def statements(self) -> tuple[Span, ...]:
        """The sentences that state something: no questions, no headings, no courtesies.

        All sentences where there are none.
        """
        found = [span for span in self.sentences if _is_statement(self.text[slice(*span)])]
        return tuple(found) or self.sentences

    @cached_property
    def chatter(self) -> Spans:
        """Sentences addressed to the reader."""
        return Spans(span for span in self.sentences if CHATTER.match(self.text, span[0]))

    @cached_property
    def openings(self) -> frozenset[int]:
        """Where sentences begin."""
        return frozenset(start for start, _ in self.sentences)

    @cached_property
    def prose(self) -> Spans:
        """Lines of prose: not blank, not code, no table, no `#### 42`, without list markers."""
        return Spans(_prose_lines(self.text, self.fences))

    @cached_property
    def is_latin(self) -> bool:
        """Whether most of its letters are Latin ones."""
        return is_latin(self.text)

    def words(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches outside of code and of what is kept."""
        for match in pattern.finditer(self.text):
            if not self.in_code(*match.span()) and not self.is_kept(*match.span()):
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


Finder = Callable[[Source], Iterator[Place]]
"""A kind of place: finds all its places in an answer, the best first."""


def is_latin(text: str) -> bool:
    """Whether most letters are Latin ones; also where there are none."""
    ours = [c.isascii() for c in text if c.isalpha()]
    return sum(ours) * 2 >= len(ours)


def _prose_lines(text: str, fences: Spans) -> Iterator[Span]:
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


def _is_statement(sentence: str) -> bool:
    """Whether a sentence says something, as far as its words and its end can tell."""
    if CHATTER.match(sentence) or sentence.rstrip("\"')”’*").endswith(("?", "？", "؟", ":", "：")):
        return False
    return len(re.findall(r"[^\W\d_]{2,}", sentence)) > 2 or not is_latin(sentence)


def _is_stray_code(line: str) -> bool:
    statement = line.endswith((";", "{")) and ("=" in line or "(" in line)
    return statement or bool(STRAY_CODE.match(line))


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
