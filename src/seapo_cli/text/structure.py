"""Whether an answer still holds together after a change: code parses, markup is closed.

Each check compares the changed text with the answer it came from: what was broken before may
stay so.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from textwrap import dedent

from seapo_cli.mistakes.menu.source import FENCE, Source
from seapo_cli.text.code import is_python, parses

_JSON_TAGS = frozenset(("json", "jsonc", "json5"))
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([^{}\n]{1,40})\}")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?= )", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:([-*+•])|\d{1,3}([.)]))[ \t]", re.MULTILINE)
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def broken(response: str, negative: str) -> str | None:
    """What a change has broken in the form of the answer; None where all is whole."""
    for check in _CHECKS:
        if reason := check(response, negative):
            return reason
    return None


def only_comments(response: str, negative: str) -> bool:
    """Whether two answers with code differ in comments and docstrings alone."""
    old, new = _blocks(response), _blocks(negative)
    if not old or [tag for tag, _ in old] != [tag for tag, _ in new]:
        return False
    if _around(response) != _around(negative):
        return False
    return all(
        _bare(tag, before) == _bare(tag, after)
        for (tag, before), (_, after) in zip(old, new, strict=True)
    )


def _blocks(text: str) -> list[tuple[str, str]]:
    """Blocks of code with their tags: the fenced ones, or all of an answer that is plain code."""
    fenced = [(match[2].lower(), match[3]) for match in FENCE.finditer(text)]
    return fenced or [("", text[start:end]) for start, end in Source(text).code]


def _around(text: str) -> str:
    """What stands outside of the blocks."""
    return FENCE.sub("", text) if FENCE.search(text) else ""


def _bare(tag: str, code: str) -> str:
    """Code without comments, in one form for what runs alike."""
    if is_python(tag, code) and (tree := _tree(code)):
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
        return ast.dump(tree)
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(tag)
    except ClassNotFound:
        return code
    kept = (value for kind, value in lexer.get_tokens(code) if kind not in Comment)
    return "".join("".join(kept).split())


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _tree(code: str) -> ast.Module | None:
    if not parses(code):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(dedent(code))


def _code(response: str, negative: str) -> str | None:
    old, new = _blocks(response), _blocks(negative)
    if [tag for tag, _ in old] != [tag for tag, _ in new]:
        return "it changes which parts of the answer are code: leave code fences alone"
    for (tag, before), (_, after) in zip(old, new, strict=True):
        if tag in _JSON_TAGS and _is_json(before) and not _is_json(after):
            return "the JSON no longer parses"
        if is_python(tag, before) and parses(before):
            if not parses(after):
                return "the Python code no longer parses"
        elif _is_closed(before) and not _is_closed(after):
            return "the code's brackets no longer match"
    return None


def _json(response: str, negative: str) -> str | None:
    if response.lstrip()[:1] in "{[" and _is_json(response) and not _is_json(negative):
        return "the JSON no longer parses"
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_closed(text: str) -> bool:
    """Whether each bracket has its partner."""
    open_ones: list[str] = []
    for char in re.findall(r"[()\[\]{}]", text):
        if char not in _PAIRS:
            open_ones.append(char)
        elif not open_ones or open_ones.pop() != _PAIRS[char]:
            return False
    return not open_ones


def _latex(response: str, negative: str) -> str | None:
    if "\\" not in response:  # dollar signs alone are money
        return None
    if _nests(response) and not _nests(negative):
        return r"a \begin or \end has lost its partner"
    for name, old, new in (
        ("dollar signs", response.count("$"), negative.count("$")),
        ("braces", _depth(response), _depth(negative)),
        (r"\( and \)", _odd(response, r"\(", r"\)"), _odd(negative, r"\(", r"\)")),
        (r"\[ and \]", _odd(response, r"\[", r"\]"), _odd(negative, r"\[", r"\]")),
    ):
        if (old - new) % 2 if name == "dollar signs" else old != new:
            return f"the formula's {name} no longer match"
    return None


def _depth(text: str) -> int:
    return text.count("{") - text.count("}")


def _odd(text: str, opening: str, closing: str) -> int:
    return text.count(opening) - text.count(closing)


def _nests(text: str) -> bool:
    names: list[str] = []
    for kind, name in _ENVIRONMENT.findall(text):
        if kind == "begin":
            names.append(name)
        elif not names or names.pop() != name:
            return False
    return not names


def _markdown(response: str, negative: str) -> str | None:
    old, new = FENCE.sub("", response), FENCE.sub("", negative)
    for sign in ("**", "`", "```"):
        if old.count(sign) % 2 == 0 and new.count(sign) % 2:
            return f"a {sign} has lost its partner"
    for what, pattern in (("headings", _HEADING), ("lists", _ITEM)):
        added = set(pattern.findall(new)) - set(pattern.findall(old))
        if added or len(pattern.findall(new)) > len(pattern.findall(old)) + 1:
            return f"it changes the answer's {what}: leave the formatting as it is"
    if Counter(_cells(new)) - Counter(_cells(old)):
        return "a row of the table has another number of cells"
    return None


def _cells(text: str) -> Iterator[int]:
    return (row[0].count("|") for row in _ROW.finditer(text))


_CHECKS: tuple[Callable[[str, str], str | None], ...] = (_code, _json, _latex, _markdown)
