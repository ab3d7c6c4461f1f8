"""What can be seen of a negative at once: whether it is usable at all.

The checks lean to letting text pass: a phrase counts only where the positive does not hold it
as often, and only in wordings that answers to questions do not use by themselves.
"""

from __future__ import annotations

import re

_REVEALING = re.compile(
    r"""
      \b(?:here(?:'s|\ is|\ are)|below\ is)\ (?:the|a|an|your|my)\b[^.\n]{0,40}
        \b(?:revised|rewritten|modified|altered|incorrect|wrong|edited|corrupted)\b
    | \b(?:i|we)(?:'ve|\ have)?\ (?:\w+\ )?(?:introduced|inserted|injected|added|made|included)
        \ (?:\w+\ ){0,3}(?:error|mistake|change)s?\b
    | \b(?:the|this|my)\ (?:introduced|injected|inserted|deliberate|intentional)
        \ (?:\w+\ )?(?:error|mistake)\b
    | \b(?:intentional|deliberate)(?:ly)?\ (?:\w+\ )?(?:error|mistake|wrong|incorrect|false)\b
    | \b(?:incorrectly|mistakenly|erroneously)\b
    | (?<=[\w.,;!?]\ )\((?:incorrect|wrong|mistake|sic|inaccurate|fabricated|made[ -]up)\)
    | \b(?:let's|let\ us|let\ me)\ correct\b
    | \b(?:revised|rewritten|modified|corrupted)\ (?:answer|response|version|text)\b
    | ^[^\w\n]{0,9}(?:original|revised|modified|rewritten|incorrect|wrong)
        (?:\ (?:answer|response|text))?[^\w\n]{0,9}:
    | ^[^\w\n]{0,9}(?:error|mistake)(?:\ type)?[^\w\n]{0,9}:
    | ^[^\w\n]{0,9}note[^\w\n]{0,9}:[^\n]*\b(?:error|mistake|incorrect|wrong|changed|false|inaccura)
    | \[(?:end\ of\ )?answer\]
    | \bthis\ (?:statement|answer|claim|sentence)\ is\ (?:false|incorrect|wrong|inaccurate)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_REFUSING = re.compile(
    r"""
      \b(?:i'm|i\ am)\ (?:sorry|afraid|unable|not\ able)\b[^.\n]{0,60}
        \b(?:can|could|will|help|assist|provide|comply|not)\b
    | \bi\ (?:can(?:no|')t|cannot|won't|will\ not)
        \ (?:help|assist|comply|provide|rewrite|create|write|generate|introduce|do\ that)\b
    | \bas\ an?\ (?:ai|artificial\ intelligence|language\ model)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CUT_SHARE = 0.5
"""A negative shorter than this share of the positive that stops in mid-sentence was cut."""


def flaw(negative: str, response: str, finish_reason: str | None) -> str | None:
    """Why `negative` is unusable as a worse `response`, in one line; None if it is not."""
    if not negative.strip():
        return "the negative is empty"
    if finish_reason in ("length", "content_filter"):
        return f"the negative was cut (finish_reason {finish_reason})"
    if _same(negative, response):
        return "the negative equals the response"
    if found := _more_often(_REVEALING, negative, response):
        return f"the negative gives itself away: {found!r}"
    if found := _more_often(_REFUSING, negative, response):
        return f"the model refused: {found!r}"
    if _stops_short(negative, response):
        return "the negative stops in mid-sentence"
    return None


def _same(negative: str, response: str) -> bool:
    """Whether only what carries no meaning differs: white space and final punctuation.

    In prose also case, emphasis and inner punctuation; in code and figures they matter.
    """
    if _bare(negative) == _bare(response):
        return True
    prose = not re.search(r"[=<>{}\\`]|\d[.,:/-]\d", response)
    return prose and _words(negative) == _words(response)


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(" .!")


def _words(text: str) -> list[str]:
    # Signs and symbols are words too: "-3" is not "3", and "5 %" is not "5".
    return re.findall(r"\w+|[^\w\s.,;:!?*_\"'()\[\]`’‘“”–—-]|-(?=\d)", text.casefold())


def _more_often(pattern: re.Pattern[str], negative: str, response: str) -> str | None:
    """A match in the negative, if it has more matches than the response."""
    found = [match[0] for match in pattern.finditer(negative)]
    if len(found) <= sum(1 for _ in pattern.finditer(response)):
        return None
    return " ".join(found[0].split())[:60]


def _stops_short(negative: str, response: str) -> bool:
    if len(negative) >= _CUT_SHARE * len(response):
        return False
    return response.rstrip()[-1:] in ".!?。！？`" and negative.rstrip()[-1:].isalnum()
