"""An answer prepared for menu mode: its code, what must stay, and what a place is.

All offsets are in characters of the answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seapo_cli.mistakes.base import Severity, Task
from seapo_cli.rows import Edit
from seapo_cli.text.arithmetic import is_worked
from seapo_cli.text.code import code_blocks, comment_sign, is_program, is_python, silent_spans
from seapo_cli.text.spans import Spans

OFFERED = 6
"""Maximum number of values offered at one closed place."""

KEPT = re.compile(
    r"https?://[^\s)>\]]+|www\.[^\s)>\]]+|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,64}\.\w+|`[^`\n]+`"
    r"|!?\[[^\[\]\n]{0,300}\]\([^()\n]{0,300}\)"
    r"|(?<!\w)[~.]?/[\w.-]+(?:/[\w.-]+)+|\b\w+\.(?:com|org|net|py|js|txt|md|json|csv|html)\b"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a mistake may go, and the values that may be written there."""

    kind: str
    start: int
    end: int
    ask: str
    """What the values are, for the model."""
    choices: Mapping[str, tuple[Edit, ...]]
    """Each value with its edits, including all the consequences."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in a programming language."""

    start: int
    end: int
    sign: str
    """How its comments begin."""
    python: bool
    program: bool
    """Whether signs in it are operators; they are not in a shell script or YAML."""


@dataclass(frozen=True)
class Source:
    """What the place finders look at."""

    text: str
    conversation: str = ""
    severity: Severity = "moderate"
    seed: int = 0

    @classmethod
    def of(cls, task: Task) -> Source:
        said = "\n".join(message.content for message in task.messages)
        return cls(task.response, said, task.severity, task.seed)

    def rng(self, purpose: str) -> random.Random:
        """Random draws for one purpose: unaffected by how many another finder makes."""
        return random.Random(f"{self.seed}:{purpose}")

    @cached_property
    def code(self) -> Spans:
        """The blocks of code."""
        return Spans((block.start, block.end) for block in code_blocks(self.text))

    @cached_property
    def scripts(self) -> tuple[Block, ...]:
        """Blocks of code that may hold comments."""
        found = []
        for tag, start, end, part in code_blocks(self.text):
            if sign := comment_sign(tag, part):
                python, program = is_python(tag, part), is_program(tag, part)
                found.append(Block(start, end, sign, python, program))
        return tuple(found)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks of code in a programming language, whose signs are operators."""
        return tuple(block for block in self.scripts if block.program)

    @cached_property
    def silent(self) -> Spans:
        """Strings and comments in code."""
        return Spans(
            span
            for block in self.scripts
            for span in silent_spans(block.sign, self.text, block.start, block.end)
        )

    def live(self, pattern: re.Pattern[str], block: Block) -> Iterator[re.Match[str]]:
        """Matches in a block of code that begin outside strings and comments."""
        for match in pattern.finditer(self.text, block.start, block.end):
            if not self.silent.overlaps(match.start(), match.start()):
                yield match

    @cached_property
    def kept(self) -> Spans:
        """What no edit may cut into: addresses, file names, links, inline code."""
        return Spans(match.span() for match in KEPT.finditer(self.text))

    def in_code(self, start: int, end: int) -> bool:
        return self.code.overlaps(start, end)

    def is_kept(self, start: int, end: int) -> bool:
        return self.kept.overlaps(start, end)

    def is_given(self, start: int, end: int) -> bool:
        """Whether the conversation has this very figure or word, which would show the mistake."""
        given = re.escape(self.text[start:end].strip())
        return bool(re.search(rf"(?<![\w.,]){given}(?![\w]|[.,]\d)", self.conversation))

    def words(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches outside code and outside protected text."""
        for match in pattern.finditer(self.text):
            if not self.in_code(*match.span()) and not self.is_kept(*match.span()):
                yield match

    @cached_property
    def is_worked(self) -> bool:
        """Whether the answer works something out in steps."""
        return is_worked(self.text)

    def closed(self, kind: str, start: int, end: int, ask: str, others: Sequence[str]) -> Place:
        """A place whose answers are `others`, each replacing just this span."""
        choices = {text: (self.edit(start, end, text),) for text in others[:OFFERED]}
        return Place(kind, start, end, ask, choices)

    def edit(self, start: int, end: int, replacement: str) -> Edit:
        original = self.text[start:end]
        return Edit(start=start, end=end, original=original, replacement=replacement)


Finder = Callable[[Source], Iterator[Place]]
"""A kind of place: finds all its places in an answer, the best first."""
