"""What all text goes through that leaves the process: no secrets, no commands to a terminal.

Servers repeat the caller's key in error messages, headers and even completions, so secrets are
made known once (`hide`) and masked wherever something is written: rows, errors, answers in the
store, summaries, messages.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from typing import TypeVar
from urllib.parse import quote

Text = TypeVar("Text", str, bytes)

_MASK = "***"
_SHORTEST, _LONG = 8, 20
_LONGEST_LABEL = 40
_secrets: set[str] = set()
_forms: list[tuple[str, bytes]] = []
"""Every form in which a secret may appear, longest first."""
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters but tab and newline, those that turn the direction of text, and halves of
surrogate pairs, which cannot be encoded."""


def hide(secret: str) -> None:
    """Mask a key or password from now on.

    One that does not look like a secret is left alone: servers that need no key are given
    `EMPTY` or `none`, and masking such words would damage rows.
    """
    guessable = len(secret) < _LONG and not any(c.isdigit() for c in secret)
    if secret in _secrets or len(secret) < _SHORTEST or guessable:
        return
    _secrets.add(secret)
    forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    forms.add(base64.b64encode(secret.encode()).decode().rstrip("="))
    known = {form for form, _ in _forms} | forms
    _forms[:] = [(form, form.encode()) for form in sorted(known, key=len, reverse=True)]


def masked(text: Text) -> Text:
    """The text with every known secret masked."""
    for form, data in _forms:
        if isinstance(text, str):
            if form in text:
                text = text.replace(form, _MASK)
        elif data in text:
            text = text.replace(data, _MASK.encode())
    return text


def printable(text: str) -> str:
    """The text with control characters made visible, so that none reaches a terminal raw."""
    return _UNPRINTABLE.sub(_visible, text)


def label(text: str) -> str:
    """A name out of data in one short line: rows may hold anything where a type is expected."""
    cut = text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
    return printable(cut.replace("\n", "\\n").replace("\t", "\\t"))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def safe(text: str) -> str:
    """The text as it may be shown to people: masked and printable."""
    return printable(masked(text))


def tell(text: str) -> None:
    """Print a line for people on stderr."""
    print(safe(text), file=sys.stderr, flush=True)
