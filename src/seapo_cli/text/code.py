"""What a block of code is written in, and which of its characters are live: no string, no comment.

Rough on purpose: enough to put a mistake where it runs, for whatever language an answer holds.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from textwrap import dedent

HASH = set("python py python3 ruby rb r julia elixir perl bash sh shell yaml yml toml".split())
SLASHES = set(
    "c cpp c++ cc cs csharp java javascript js jsx typescript ts tsx go golang rust rs kotlin kt "
    "swift scala php dart".split()
)
DASHES = set("lua sql haskell hs".split())
NO_PROGRAM = set("bash sh shell yaml yml toml sql haskell hs".split())
"""They have comments, but a sign between two words in them is not an operator."""
PYTHON = re.compile(
    r"^[ \t]*(?:def \w+\(.*\) ?(?:->.*)?:|class \w+.*:|import \w+|from [\w.]+ import |elif .*:"
    r"|(?:for|if|while) [^({;]*:|(?:if|while) ?\(.*\) ?:)",
    re.MULTILINE,
)
BRACES = re.compile(r"[;{][ \t]*$", re.MULTILINE)
QUOTED = r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`"
SILENT = {
    "#": re.compile(r'"""(?s:.*?)"""|' + rf"'''(?s:.*?)'''|{QUOTED}|#[^\n]*"),
    "//": re.compile(rf"{QUOTED}|//[^\n]*|/\*(?s:.*?)\*/|^[ \t]*#[^\n]*", re.MULTILINE),
    "--": re.compile(rf"{QUOTED}|--[^\n]*"),
}
LONGEST_PARSED = 50_000


def comment_sign(tag: str, code: str) -> str:
    """How comments begin in a block with this tag; empty where there is no telling."""
    for sign, tags in (("#", HASH), ("//", SLASHES), ("--", DASHES)):
        if tag in tags:
            return sign
    if tag:
        return ""
    if PYTHON.search(code):
        return "#"
    return "//" if BRACES.search(code) else ""


def is_python(tag: str, code: str) -> bool:
    """Whether a block is Python."""
    return tag in ("python", "py", "python3") or (not tag and bool(PYTHON.search(code)))


def is_program(tag: str, code: str) -> bool:
    """Whether a block is written in a programming language of the usual kind."""
    return bool(comment_sign(tag, code)) and tag not in NO_PROGRAM


def silent_spans(sign: str, text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """Strings and comments of a block, by how its comments begin."""
    pattern = SILENT.get(sign)
    return [match.span() for match in pattern.finditer(text, start, end)] if pattern else []


def parses(code: str) -> bool:
    """Whether code is valid Python."""
    if len(code) > LONGEST_PARSED:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as SyntaxWarning: invalid escape sequence
            ast.parse(dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
