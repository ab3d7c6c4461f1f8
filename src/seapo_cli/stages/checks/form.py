"""Does the negative keep the form of the response: JSON, code blocks, code, lists?"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable

import orjson

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed
from seapo_cli.stages.checks.pair import Pair

_FENCE = re.compile(r"^[ \t]*(```|~~~)[ \t]*(\w*)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.M | re.S)
_ITEM = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_PYTHON = re.compile(r"^(?:async def |def \w|class \w|import \w|from [\w.]+ import)", re.M)
_PYTHON_STEMS = ("def ", "class ", "import ")
_MARKS = re.compile(r"^[ \t]*[-*•+\d]", re.MULTILINE)
_FEWEST_ITEMS = 3
_KEPT_ITEMS = 0.5


class Form(Check):
    """What reads or renders the answer must not stumble where the response does not."""

    name = "format"
    about = "JSON and Python still parse, code blocks and lists are still there."

    def verdict(self, pair: Pair) -> Verdict:
        reason = _json(pair) or _code(pair) or _lists(pair)
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
        looks_like_python = any(stem in pair.response for stem in _PYTHON_STEMS) and (
            _PYTHON.search(pair.response)
        )
        if looks_like_python and _breaks(pair.response, pair.negative):
            return "the response is Python that parses, the negative does not parse"
        return None
    old, new = _FENCE.findall(pair.response), _FENCE.findall(pair.negative)
    if len(old) != len(new):
        return f"the response has {len(old)} code blocks, the negative {len(new)}"
    for number, ((_, language, body), (_, _, other)) in enumerate(zip(old, new, strict=True), 1):
        reader = _READERS.get(language.lower())
        if body != other and reader and not _parses(reader, other) and _parses(reader, body):
            return f"code block {number} ({language}) does not parse any more"
    return None


def _breaks(response: str, negative: str) -> bool:
    return not _parses(_read_python, negative) and _parses(_read_python, response)


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


def _read_python(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of strings with odd escapes: not ours to tell
        return ast.parse(text)


_READERS = {"json": _read_json, "python": _read_python, "py": _read_python}
