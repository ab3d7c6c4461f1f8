"""Prompts as words, the way in which two wordings count as the same prompt."""

from __future__ import annotations

import re
import unicodedata

from seapo_cli.rows import Row

CJK = r"\u2e80-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
"""A character is a word where text is written without spaces."""


def words(text: str) -> list[str]:
    """Words without case, punctuation, spacing and Unicode variants."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def prompt_words(row: Row) -> list[str]:
    """Words of what is asked; system turns are the same for many prompts and do not count."""
    asked = (m.content for m in row.messages if m.role not in ("system", "developer"))
    return words("\n".join(asked))
