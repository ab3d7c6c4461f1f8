"""Does the negative keep the form of the response: JSON, code blocks, code, lists, prose?"""

from __future__ import annotations

import re

from seapo_cli.checks.base import PASS, Check, Verdict, failed, skipped
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.code import breaks, fenced_blocks, is_json

_ITEM = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_MARKS = re.compile(r"^[ \t]*[-*•+\d]", re.MULTILINE)
_DATA = re.compile(r"\A\s*(?:```(?:json|ya?ml|xml|csv)\b|\{\s*[\"'{]|\[\s*[\"'{\[]|<\?xml|<\w+>)")
_MARKUP = re.compile(
    r"^[ \t]*(?:#{1,6}[ ]|[-*•+][ ]|\d{1,3}[.)][ ]|>[ ]|\|.*\||(?:-{3,}|\*{3,}|={3,})[ \t]*$)"
    r"|\*\*\S[^*\n]*\*\*|</?(?:p|b|i|ul|ol|li|h\d|div|span|strong|em|br|table|tr|td|html|body)\b[^>]*>",
    re.MULTILINE,
)
_BLOCK = re.compile(r"\s*(?:#{1,6} |[-*•+] |> |\|)")
_MOST_MARKUP = 1
"""Markdown or HTML marks that a mistake may add, besides twice those that were there."""
_FEWEST_ITEMS = 3
_KEPT_ITEMS = 0.5


class Form(Check):
    """Whatever parses or renders the answer must not fail where the response does not.

    A mistake changes what is said. Another form is a fault too, unless the type is about form;
    only rows of `inject` promise to keep it.
    """

    name = "format"
    about = "JSON and Python still parse; code blocks, lists and plain prose are what they were."

    def verdict(self, pair: CheckedPair) -> Verdict:
        if not pair.derived:
            return skipped("not made from the response")
        reason = _json(pair) or _code(pair) or _data(pair)
        if reason is None and pair.injected and not pair.has("keeps_content"):
            reason = _lists(pair) or _markup(pair)
        return failed(reason) if reason else PASS


def _json(pair: CheckedPair) -> str | None:
    text = pair.response.strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return None
    if not is_json(pair.negative.strip()) and is_json(text):
        return "the response is JSON, the negative is not"
    return None


def _code(pair: CheckedPair) -> str | None:
    old = fenced_blocks(pair.response)
    if not old:
        if breaks("", pair.response, pair.negative):
            return "the response is Python that parses, the negative does not parse"
        return None
    new = fenced_blocks(pair.negative)
    if len(old) != len(new):
        return f"the response has {len(old)} code blocks, the negative {len(new)}"
    for before, after in zip(old, new, strict=True):
        if before.code != after.code and breaks(before.tag, before.code, after.code):
            return "a code block parses in the response, and does not in the negative"
    return None


def _data(pair: CheckedPair) -> str | None:
    """Whether prose became JSON, XML or a block of code."""
    if pair.start > len(pair.negative) - len(pair.negative.lstrip()) + 1:
        return None  # it begins as the response does
    if _DATA.match(pair.negative) and not _DATA.match(pair.response):
        return "the response is text, the negative data"
    if "```" in pair.added and "```" not in pair.response:
        return "the response has no code block, the negative has one"
    return None


def _markup(pair: CheckedPair) -> str | None:
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


def _lists(pair: CheckedPair) -> str | None:
    if not _MARKS.search(pair.removed):  # the items are all outside of what differs
        return None
    old, new = len(_ITEM.findall(pair.response)), len(_ITEM.findall(pair.negative))
    if old >= _FEWEST_ITEMS and new < old * _KEPT_ITEMS:
        return f"the response has {old} list items, the negative {new}"
    return None
