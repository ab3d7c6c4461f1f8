"""Whether two texts say the same in the same way, but for what carries no meaning."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_EXACT = re.compile(r"[=<>{}\\`]|\w[(\[]|\d[.,:/-]\d")
"""What only texts have in which case and punctuation matter: code and figures."""


def same(new: str, old: str, whole: str) -> bool:
    """Whether only white space, invisible characters and final punctuation differ.

    In prose also case, emphasis and inner punctuation; `whole` is the text that `old` is of.
    """
    new, old = _plain(new), _plain(old)
    if _bare(new) == _bare(old):
        return True
    return _words(new) == _words(old) and not _EXACT.search(whole)


def _plain(text: str) -> str:
    """One form for what looks the same."""
    return text if text.isascii() else _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(" .!")


def _words(text: str) -> list[str]:
    # Signs and symbols are words too: "-3" is not "3", and "5 %" is not "5".
    return re.findall(r"\w+|[^\w\s.,;:!?*_\"'()\[\]`’‘“”–—-]|-(?=\d)", text.casefold())
