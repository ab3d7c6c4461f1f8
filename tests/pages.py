"""What the project's pages show and say: blocks, commands, inline code.

    python tests/pages.py       lists every block of commands, and whether a test runs it

A comment on the line before a block says what it needs to be run, or which files are there already:

    <!-- needs: gpu -->
    <!-- given: answers.jsonl pairs.jsonl -->
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDS = {
    "ci": "CI itself runs it",
    "cluster": "machines that work together",
    "data": "benchmark files that are not part of this repository",
    "gpu": "a GPU or several",
    "key": "somebody's key",
    "network": "files from elsewhere",
    "people": "rows that people reviewed, or an account",
    "ray": "Ray: make test-scale runs it",
    "time": "minutes or hours",
    "torch": "PyTorch: make test-train runs it",
}
_FENCE = re.compile(
    r"(?P<marks>(?:^<!--[^\n]*-->\n)*)^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- (needs|given): ([^\n]*?) -->")
_INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_SHELLS = ("sh", "bash", "shell", "console")
_PUNCTUATION = set("();<>|&")
PROGRAMS = ("seapo", "make", "pip")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the marks before it."""

    page: str
    line: int
    language: str
    text: str
    needs: tuple[str, ...]
    given: tuple[str, ...]

    commands: list[list[str]]
    """The arguments of each `seapo`."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_typed(self) -> bool:
        return _is_typed(self.language, self.text)


@dataclass(frozen=True)
class Page:
    """A page of Markdown, by its path in the repository."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text()

    @cached_property
    def blocks(self) -> list[Block]:
        return list(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        variables: dict[str, str] = {}  # of the shell, as the page sets them
        for found in _FENCE.finditer(self.text):
            marks = {"needs": "", "given": ""} | dict(_MARK.findall(found["marks"]))
            line = self.text.count("\n", 0, found.start("fence")) + 1
            needs, given = (tuple(marks[name].split()) for name in ("needs", "given"))
            language, text = found["language"], found["text"]
            shown = text if _is_typed(language, text) else _lines_of_seapo(language, text)
            commands = list(seapo_commands(shown, variables))
            yield Block(self.name, line, language, text, needs, given, commands)

    @property
    def prose(self) -> str:
        """The text without blocks."""
        return _FENCE.sub("", self.text)

    @property
    def inline(self) -> list[str]:
        """Inline code."""
        return [" ".join(code.split()) for code in _INLINE.findall(self.prose)]


def pages() -> list[Page]:
    """All that tell a reader what to do."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return [Page(str(path.relative_to(ROOT))) for path in sorted(paths)]


def typed_blocks() -> list[Block]:
    return [block for page in pages() for block in page.blocks if block.is_typed]


def _is_typed(language: str, text: str) -> bool:
    """Whether a block holds commands for a reader to type."""
    return language in _SHELLS or (not language and text.startswith(PROGRAMS))


def _lines_of_seapo(language: str, text: str) -> str:
    """Examples in what a command prints."""
    lines = [] if language else map(str.strip, text.splitlines())
    return "\n".join(line for line in lines if line.startswith("seapo "))


def seapo_commands(text: str, variables: dict[str, str] | None = None) -> Iterator[list[str]]:
    """The arguments of each `seapo` in shell; redirections and `…` are left out.

    Variables are those set before, and get those that the text sets.
    """
    variables = {} if variables is None else variables
    begun = ""
    for line in text.replace("\\\n", " ").splitlines():
        begun += re.sub(r"\$(\w+)", lambda name: variables.get(name[1], name[0]), line)
        try:
            words = list(_words(begun))
        except ValueError:  # a quotation goes on in the next line
            begun += " "
            continue
        begun = ""
        for word in words:
            name, _, value = word.partition("=")
            if name.isidentifier() and value:
                variables[name] = value
        yield from _in_words(words)


def _words(line: str) -> shlex.shlex:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return lexer


def _in_words(words: list[str]) -> Iterator[list[str]]:
    arguments: list[str] | None = None
    is_file = False
    for word in words:
        if is_file:
            is_file = False
        elif set(word) <= _PUNCTUATION:
            is_file = word[0] in "<>"
            if arguments is not None and not is_file:
                yield arguments
                arguments = None
        elif arguments is None:
            arguments = [] if word == "seapo" else None
        elif word not in ("…", "..."):
            arguments.append(word)
    if arguments is not None:
        yield arguments


def extras() -> set[str]:
    """What `pip install '.[NAME]'` takes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return set(project["optional-dependencies"])


def make_targets() -> set[str]:
    """The targets of the Makefile that are not files."""
    text = (ROOT / "Makefile").read_text()
    return set(" ".join(re.findall(r"^\.PHONY:(.*)$", text, re.MULTILINE)).split())


def main() -> None:
    """List the blocks."""
    blocks = typed_blocks()
    for block in blocks:
        reasons = "; ".join(NEEDS[name] for name in block.needs)
        print(f"{block.place:24} {'parsed; needs ' + reasons if reasons else 'run'}")
    run = [block for block in blocks if not block.needs]
    shown = [block for page in pages() for block in page.blocks if block.commands]
    print(
        f"\n{len(blocks)} blocks of commands: {len(run)} run by `make test`, "
        f"{len(blocks) - len(run)} not:"
    )
    for name, count in Counter(name for block in blocks for name in block.needs).items():
        print(f"{count:5} need {NEEDS[name]}")
    print(
        f"{sum(len(block.commands) for block in shown)} lines of seapo, all parsed; "
        f"{sum(len(block.commands) for block in run)} of them run by `make test`"
    )


if __name__ == "__main__":
    main()
