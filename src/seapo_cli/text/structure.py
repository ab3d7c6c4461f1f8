"""Whether an answer still holds together after a change: code parses, markup is closed.

The changed text is compared with the answer that it came from: what was broken before may stay so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from seapo_cli.text.code import (
    breaks,
    code_blocks,
    effect,
    is_json,
    python_tree,
    without_blocks,
)

_ENVIRONMENT = re.compile(r"\\(begin|end)\{([^{}\n]{1,40})\}")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?= )", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:([-*+•])|\d{1,3}([.)]))[ \t]", re.MULTILINE)
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def broken(response: str, negative: str) -> str | None:
    """What a change has broken in the form of the answer; None if nothing."""
    return next((reason for check in _CHECKS if (reason := check(response, negative))), None)


def only_comments(response: str, negative: str) -> bool:
    """Whether two answers with code differ in comments and docstrings alone."""
    old, new = code_blocks(response), code_blocks(negative)
    if not old or [block.tag for block in old] != [block.tag for block in new]:
        return False
    plain = old[0].code == response and new[0].code == negative  # code without fences
    if not plain and without_blocks(response) != without_blocks(negative):
        return False
    return all(
        effect(before.tag, before.code) == effect(after.tag, after.code)
        for before, after in zip(old, new, strict=True)
    )


def _code(response: str, negative: str) -> str | None:
    old, new = code_blocks(response), code_blocks(negative)
    if [block.tag for block in old] != [block.tag for block in new]:
        return "it changes which parts of the answer are code: leave code fences alone"
    for before, after in zip(old, new, strict=True):
        language = breaks(before.tag, before.code, after.code)
        if language == "JSON":
            return "the JSON no longer parses"
        if language:
            return f"the {language} code no longer parses"
        parsed = python_tree(before.tag, before.code)
        if not parsed and _is_closed(before.code) and not _is_closed(after.code):
            return "the code's brackets no longer match"
    return None


def _json(response: str, negative: str) -> str | None:
    if response.lstrip()[:1] in "{[" and is_json(response) and not is_json(negative):
        return "the JSON no longer parses"
    return None


def _is_closed(text: str) -> bool:
    """Whether each bracket has its partner."""
    open_ones: list[str] = []
    for char in re.findall(r"[()\[\]{}]", text):
        if char not in _BRACKETS:
            open_ones.append(char)
        elif not open_ones or open_ones.pop() != _BRACKETS[char]:
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
    old, new = without_blocks(response), without_blocks(negative)
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
