"""Reading what a model wrote, leniently: not every server enforces a JSON schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

_MOST_OBJECTS = 20
"""How many starts of JSON objects are tried in a runaway answer."""


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, which may hold prose or a code fence around them."""
    decoder = json.JSONDecoder(strict=False)
    for match in islice(re.finditer(r"\{", text), _MOST_OBJECTS):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        yield _sound(found)


def _sound(found: dict[str, Any]) -> dict[str, Any]:
    """The object without halves of surrogate pairs, which an escape may make and no file holds."""
    text = json.dumps(found, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        mended: dict[str, Any] = json.loads(text.encode(errors="replace"))
        return mended
    return found
