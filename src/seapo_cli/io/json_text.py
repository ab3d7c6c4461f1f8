"""JSON as it is read and written: fast where it can be, and exact where orjson is not.

orjson turns integers beyond 64 bits into floats, and writes 254 levels of nesting though it reads
1,024: such rows, which are rare, go through Python's own module.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from seapo_cli.exceptions import RowError
from seapo_cli.text.safe import masked

_STEP = 4
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else 32 for byte in range(256))
_DIGIT = b"0"


def decode(raw: bytes) -> Any:
    """Decode one JSON text; integers stay whole, whatever their size.

    Raises:
        ValueError: it is not valid JSON, or a number has thousands of digits.
    """
    found = orjson.loads(raw)
    if _may_hold_long_number(raw):
        try:
            return json.loads(raw)
        except RecursionError:  # orjson reads deeper
            return found
    return found


def encode(row: Any) -> bytes:
    """One JSON line, newline included, secrets masked.

    Raises:
        RowError: it is nested too deeply.
    """
    try:
        return masked(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    except orjson.JSONEncodeError as refused:
        try:
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            return masked(text.encode() + b"\n")
        except RecursionError:
            raise RowError("nested too deeply to be written") from None
        except (TypeError, ValueError):
            raise RowError(f"cannot be written as JSON: {refused}") from None


def _may_hold_long_number(raw: bytes) -> bool:
    """Whether 19 digits may stand in a row: looking at every fourth byte costs next to nothing.

    The least integer that orjson cannot hold has 19 digits and a sign.
    """
    if 4 * _DIGIT not in raw[::_STEP].translate(_DIGITS):
        return False
    return 19 * _DIGIT in raw.translate(_DIGITS)
