"""Reading what a model wrote, leniently: not every server enforces a JSON schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, which may hold prose or a code fence around them."""
    decoder = json.JSONDecoder(strict=False)
    for match in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        yield found
