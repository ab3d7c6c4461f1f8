"""What an answer consists of: prose, worked mathematics, code or tool calls."""

from __future__ import annotations

import re

from seapo_cli.calls import Called
from seapo_cli.mistakes.error_types import Domain
from seapo_cli.text.arithmetic import is_worked
from seapo_cli.text.code import code_blocks

_CODE_SHARE = 0.4
_MATHEMATICS = re.compile(r"^####[ \t]*[-$\d]|\\(?:boxed|frac|sqrt|sum|int)\b", re.MULTILINE)


def domain_of(response: str) -> Domain:
    """The domain that an answer's mistakes should come from."""
    if isinstance(response, Called):
        return "tools"
    code = sum(len(block.code) for block in code_blocks(response))
    if code > _CODE_SHARE * len(response):
        return "code"
    if _MATHEMATICS.search(response) or is_worked(response):
        return "mathematics"
    return "prose"
