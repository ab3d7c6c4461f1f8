"""Does the negative keep the form of the response: JSON, code blocks, code, lists, prose?"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

import orjson

from seapo_cli.checks.base import PASS, Check, Verdict, failed, skipped
from seapo_cli.checks.pair import Pair

_FENCE = re.compile(r"^[ \t]*(```|~~~)[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.M | re.S)
_ITEM = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_PYTHON = re.compile(r"^(?:async def |def \w|class \w|import \w|from [\w.]+ import)", re.M)
_PYTHON_STEMS = ("def ", "class ", "import ")
_MARKS = re.compile(r"^[ \t]*[-*•+\d]", re.MULTILINE)
_BROKEN = "a code block parses in the response, and does not in the negative"
_DATA = re.compile(r"\A\s*(?:```(?:json|ya?ml|xml|csv)\b|\{\s*[\"'{]|\[\s*[\"'{\[]|<\?xml|<\w+>)")
_MARKUP = re.compile(
    r"^[ \t]*(?:#{1,6}[ ]|[-*•+][ ]|\d{1,3}[.)][ ]|>[ ]|\|.*\||(?:-{3,}|\*{3,}|={3,})[ \t]*$)"
    r"|\*\*\S[^*\n]*\*\*|</?(?:p|b|i|ul|ol|li|h\d|div|span|strong|em|br|table|tr|td|html|body)\b[^>]*>",
    re.MULTILINE,
)
_BLOCK = re.compile(r"\s*(?:#{1,6} |[-*•+] |> |\|)")
_MOST_MARKUP = 1
"""Marks of Markdown or HTML that a mistake may bring in, besides twice those that were there."""
_FEWEST_ITEMS = 3
_KEPT_ITEMS = 0.5


class Form(Check):
    """What reads or renders the answer must not stumble where the response does not.

    A mistake changes what is said. Another form is a fault too, unless the type is about form;
    only rows of `inject` promise to keep it.
    """

    name = "format"
    about = "JSON and Python still parse; code blocks, lists and plain prose are what they were."

    def verdict(self, pair: Pair) -> Verdict:
        if not pair.derived:
            return skipped("not made from the response")
        reason = _json(pair) or _code(pair) or _data(pair)
        if reason is None and pair.injected and not pair.has("keeps_content"):
            reason = _lists(pair) or _markup(pair)
        return failed(reason) if reason else PASS


def _json(pair: Pair) -> str | None:
    text = pair.response.strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return None
    if _parses(_read_json, text) and not _parses(_read_json, pair.negative.strip()):
        return "the response is JSON, the negative is not"
    return None


def _code(pair: Pair) -> str | None:
    if "```" not in pair.response and "~~~" not in pair.response:
        if looks_like_python(pair.response) and _breaks(pair.response, pair.negative):
            return "the response is Python that parses, the negative does not parse"
        return None
    if "`" in pair.removed or "`" in pair.added or "~~~" in pair.response:
        return _blocks(pair)
    if pair.response.count("```", 0, pair.start) % 2:
        return _block(pair)
    return None  # the difference lies outside of all blocks


def _block(pair: Pair) -> str | None:
    """Look at the one block that the difference lies in."""
    head = pair.response.rfind("```", 0, pair.start) + 3
    body = pair.response.find("\n", head)
    if not head <= body < pair.start:
        return None  # it is the block's label that differs
    reader = _READERS.get(pair.response[head:body].strip().lower())
    blocks = (text[body : text.find("```", body)] for text in (pair.negative, pair.response))
    if reader and not _parses(reader, next(blocks)) and _parses(reader, next(blocks)):
        return _BROKEN
    return None


def _blocks(pair: Pair) -> str | None:
    """Look at all blocks, where their fences may differ."""
    old, new = _FENCE.findall(pair.response), _FENCE.findall(pair.negative)
    if len(old) != len(new):
        return f"the response has {len(old)} code blocks, the negative {len(new)}"
    for (_, language, body), (_, _, other) in zip(old, new, strict=True):
        reader = _READERS.get(language.lower())
        if body != other and reader and not _parses(reader, other) and _parses(reader, body):
            return _BROKEN
    return None


def _data(pair: Pair) -> str | None:
    """Whether prose became JSON, XML or a block of code."""
    if pair.start > len(pair.negative) - len(pair.negative.lstrip()) + 1:
        return None  # it begins as the response does
    if _DATA.match(pair.negative) and not _DATA.match(pair.response):
        return "the response is text, the negative data"
    if "```" in pair.added and "```" not in pair.response:
        return "the response has no code block, the negative has one"
    return None


def _markup(pair: Pair) -> str | None:
    """Whether plain prose became Markdown or HTML, or lost it all."""
    if pair.start and not any(mark in pair.added for mark in "\n*<"):
        return None
    if _BLOCK.match(pair.negative) and not _BLOCK.match(pair.response):
        return "the response begins as plain text, the negative with a mark of markup"
    new, old = _marks(pair.added), _marks(pair.removed)
    if new > _MOST_MARKUP + 2 * old and (old or not _marks(pair.response)):
        return "the response is plain text, the negative has markup"
    return None


def _marks(text: str) -> int:
    return len(_MARKUP.findall(text))


def looks_like_python(text: str) -> bool:
    """Whether a text without code blocks has lines that only Python has."""
    return any(stem in text for stem in _PYTHON_STEMS) and _PYTHON.search(text) is not None


def _breaks(response: str, negative: str) -> bool:
    return not _parses(read_python, negative) and _parses(read_python, response)


def _lists(pair: Pair) -> str | None:
    if not _MARKS.search(pair.removed):  # the items are all outside of what differs
        return None
    old, new = len(_ITEM.findall(pair.response)), len(_ITEM.findall(pair.negative))
    if old >= _FEWEST_ITEMS and new < old * _KEPT_ITEMS:
        return f"the response has {old} list items, the negative {new}"
    return None


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _read_json(text: str) -> object:
    return orjson.loads(text)


def read_python(text: str) -> ast.Module:
    """Python's syntax tree.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of strings with odd escapes: not ours to tell
        return ast.parse(text)


_READERS = {"json": _read_json, "python": read_python, "py": read_python}
