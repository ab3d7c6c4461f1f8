"""Numbers in a text, in one form for equal values, in any script."""

from __future__ import annotations

import re
import unicodedata

NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])-?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?(?!\d)"
    r"|(?<![A-Za-z0-9_.])-?\d+(?:[.,]\d+)*|(?<![\w.])-?\.\d+"
)
"""Digits may stand beside letters of any script but Latin: 长6300公里."""
_THOUSANDS = re.compile(r"-?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?")


def numbers(text: str) -> list[str]:
    """The numbers of a text, in order: `1,000.0`, `1000` and `１０００` are the same."""
    return [normal(found) for found in NUMBER.findall(plain_digits(text))]


def plain_digits(text: str) -> str:
    """A text with full-width digits and those of other scripts as ASCII digits."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text
    )


def normal(number: str) -> str:
    """One form for a number, written with thousands marks, a decimal point or comma."""
    if not _THOUSANDS.fullmatch(number) and number.rfind(",") > number.rfind("."):
        number = number.replace(".", "").replace(",", ".")  # 1.234,5 and 3,14
    value = re.sub(r"[,\u00a0\u202f]", "", number)
    try:
        return f"{float(value):.12g}" if len(value) < 15 else value
    except ValueError:  # such as a version: 1.2.3
        return value
