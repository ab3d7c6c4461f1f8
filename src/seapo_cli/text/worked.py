"""Whether a worked answer agrees with itself after a change, to its last line.

A wrong step is believable when all that follows agrees with it. What can be worked out exactly
is: calculator marks `<<48/2=24>>24`, plain equations, and the final answer (`####`, `\\boxed{}`).
"""

from __future__ import annotations

import re

from seapo_cli.text.arithmetic import false_equations, quantity
from seapo_cli.text.final_answer import stated_result
from seapo_cli.text.numbers import NUMBER

_MARK = re.compile(r"<<[^<>=]*=\s*\$?(-?[\d.,]+?)\.?>>\s*\$?(-?\d[\d,]*(?:\.\d+)?)?")


def disagreement(response: str, negative: str, mistakes: int) -> str | None:
    """Where the figures of a changed answer contradict one another; None if they agree.

    `mistakes` is how many equations may be false: each mistake may lie in one.
    """
    for mark in _MARK.finditer(negative):
        if mark[2] and quantity(mark[1]) != quantity(mark[2]) and mark[0] not in response:
            return f"{mark[0]!r} shows two different results: change both"
    false = [e for e in false_equations(negative) if e not in false_equations(response)]
    if len(false) > mistakes:
        return (
            f"{len(false)} equations are false ({', '.join(false[:3])}): only the mistake itself "
            "may be, carry it through all that follows"
        )
    final, before = stated_result(negative), stated_result(response)
    if final is None and before is not None:
        return "the line with the final answer is gone"
    if final is not None and before is not None:
        reached, once = _is_reached(final, negative), _is_reached(before, response)
        if once and not reached:
            return f"no step leads to the final answer {final!r}: carry the change on to it"
    return None


def _is_reached(final: str, text: str) -> bool:
    """Whether the final answer's number stands in the text before it too."""
    value = quantity(final)
    if value is None:
        return True
    at = max(text.rfind("####"), text.rfind("\\boxed"))
    return any(quantity(found) == value for found in NUMBER.findall(text[:at]))
