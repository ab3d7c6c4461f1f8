"""Code in an answer: its blocks, their language, and which of their characters are live.

Rough on purpose: enough to put a mistake where it runs, in any language. (Pygments
finds strings and comments more exactly, but takes thirty times as long.)
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from textwrap import dedent
from typing import NamedTuple

import orjson

_FENCED = re.compile(
    r"^[ \t]*(```|~~~)[ \t]*(?P<tag>[\w+#-]*)[^\n]*\n(?P<code>.*?)(?:^[ \t]*\1[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LINE = re.compile(
    r"^\s*(def |class |import |from \w+ import|return\b"
    r"|(for|while|if|elif|else|try|except)\b.*:\s*$"
    r"|[\w.\[\]'\"]+\s*[-+*/]?=\s*\S|\w[\w.]*\(.*\)[;:]?\s*$|[{}]\s*$|.*[;{]\s*$|#include|#!|//|</?\w+)"
)
_MOSTLY = 0.6
"""Share of lines of code from which a whole answer counts as code."""
_PYTHON_TAGS = {"python", "py", "python3"}
_JSON_TAGS = {"json", "jsonc", "json5"}
_COMMENT_SIGNS = {
    tag: sign
    for sign, tags in {
        "#": "python py python3 ruby rb r julia elixir perl bash sh shell yaml yml toml",
        "//": "c cpp c++ cc cs csharp java javascript js jsx typescript ts tsx go golang rust rs "
        "kotlin kt swift scala php dart",
        "--": "lua sql haskell hs",
    }.items()
    for tag in tags.split()
}
_NO_PROGRAM = set("bash sh shell yaml yml toml sql haskell hs".split())
"""They have comments, but a sign between two words in them is not an operator."""
_PYTHON = re.compile(
    r"\n[ \t]*(?:def \w+\(.*\) ?(?:->.*)?:|class \w+.*:|import \w+|from [\w.]+ import |elif .*:"
    r"|(?:for|if|while) [^({;]*:|(?:if|while) ?\(.*\) ?:)"
)
"""A line of Python. (A search for line feeds is several times as fast as one for `^`.)"""
_BRACES = re.compile(r"[;{][ \t]*$", re.MULTILINE)
_QUOTED = r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`"
_SILENT = {
    "#": re.compile(r'"""(?s:.*?)"""|' + rf"'''(?s:.*?)'''|{_QUOTED}|#[^\n]*"),
    "//": re.compile(rf"{_QUOTED}|//[^\n]*|/\*(?s:.*?)\*/|^[ \t]*#[^\n]*", re.MULTILINE),
    "--": re.compile(rf"{_QUOTED}|--[^\n]*"),
}
_LONGEST_PARSED = 50_000


class Block(NamedTuple):
    """A block of code, without its fences."""

    tag: str
    """The language that its fence names, in lower case; empty if none."""
    start: int
    end: int
    code: str


def fenced_blocks(text: str) -> list[Block]:
    """The blocks of code between fences; one that is never closed extends to the end."""
    if "```" not in text and "~~~" not in text:
        return []
    return [Block(m["tag"].lower(), *m.span("code"), m["code"]) for m in _FENCED.finditer(text)]


def code_blocks(text: str) -> list[Block]:
    """The fenced blocks, or the whole answer where it is plain code."""
    if blocks := fenced_blocks(text):
        return blocks
    lines = [line for line in text.splitlines() if line.strip()]
    mostly = sum(bool(_LINE.match(line)) for line in lines) > len(lines) * _MOSTLY
    return [Block("", 0, len(text), text)] if mostly or python_tree("", text) else []


def without_blocks(text: str) -> str:
    """A text without its fenced blocks."""
    return _FENCED.sub("", text)


def comment_sign(tag: str, code: str) -> str:
    """How comments begin in a block; empty if unknown."""
    if tag:
        return _COMMENT_SIGNS.get(tag, "")
    if is_python(tag, code):
        return "#"
    return "//" if _BRACES.search(code) else ""


def is_python(tag: str, code: str) -> bool:
    """Whether a block is Python, by its tag, or by its lines if it has none."""
    return tag in _PYTHON_TAGS or (not tag and _PYTHON.search(f"\n{code}") is not None)


def is_program(tag: str, code: str) -> bool:
    """Whether a block is in a programming language whose signs are operators."""
    return bool(comment_sign(tag, code)) and tag not in _NO_PROGRAM


def silent_spans(sign: str, text: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """Strings and comments of a block whose comments begin with `sign`."""
    pattern = _SILENT.get(sign)
    return [match.span() for match in pattern.finditer(text, start, end)] if pattern else []


def python_tree(tag: str, code: str) -> ast.Module | None:
    """The syntax tree of Python code; None if it is another language or does not parse."""
    return parsed_python(code) if is_python(tag, code) else None


def parsed_python(code: str) -> ast.Module | None:
    """The syntax tree of Python code; None if it does not parse."""
    if len(code) > _LONGEST_PARSED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as SyntaxWarning: invalid escape sequence
            return ast.parse(dedent(code) if code[:1].isspace() else code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_json(text: str) -> bool:
    """Whether a text is valid JSON."""
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def breaks(tag: str, old: str, new: str) -> str | None:
    """The language in which only the old version of a block parses; None if neither changed."""
    if tag in _JSON_TAGS:
        return "JSON" if not is_json(new) and is_json(old) else None
    if not is_python(tag, old) or (parsed_python(new) and new[:1].isspace() <= old[:1].isspace()):
        return None
    return "Python" if parsed_python(old) else None


def effect(tag: str, code: str) -> str:
    """What code does, in one form for code that differs in layout, comments or docstrings only."""
    if tree := python_tree(tag, code):
        try:
            return ast.dump(_WithoutDocstrings().visit(tree))
        except RecursionError:
            return code
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(tag)
    except ClassNotFound:
        return code
    kept = (value for kind, value in lexer.get_tokens(code) if kind not in Comment)
    return "".join("".join(kept).split())


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node
