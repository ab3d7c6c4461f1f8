"""What an answer consists of: prose, worked mathematics, code or tool calls."""

from __future__ import annotations

import re

from seapo_cli.calls import ToolAnswer
from seapo_cli.mistakes.error_types import Domain
from seapo_cli.mistakes.menu.source import WORKED, Source

_CODE_SHARE = 0.4
_MATHEMATICS = re.compile(r"^####[ \t]*[-$\d]|\\(?:boxed|frac|sqrt|sum|int)\b", re.MULTILINE)


def domain_of(response: str) -> Domain:
    """The domain that an answer's mistakes should come from."""
    if isinstance(response, ToolAnswer):
        return "tools"
    code = sum(end - start for start, end in Source(response).code)
    if code > _CODE_SHARE * len(response):
        return "code"
    if _MATHEMATICS.search(response) or WORKED.search(response):
        return "mathematics"
    return "prose"
