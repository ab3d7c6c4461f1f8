"""Whether a worked answer agrees with itself after a change, to its last line.

A wrong step is believable when all that follows agrees with it. What can be worked out exactly
is: calculator marks `<<48/2=24>>24`, plain equations, and the final answer (`####`, `\\boxed{}`).
"""

from __future__ import annotations

import re
from fractions import Fraction

from seapo_cli.text.arithmetic import NUMBER, equations, evaluate

_MARK = re.compile(r"<<[^<>=]*=\s*\$?(-?[\d.,]+?)\.?>>\s*\$?(-?\d[\d,]*(?:\.\d+)?)?")
_FINAL = re.compile(r"^####[ \t]*(\S.*)$", re.MULTILINE)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")


def stated_result(text: str) -> str | None:
    """What `#### 42` or `\\boxed{42}` states last; None where there is neither."""
    for pattern in (_FINAL, _BOXED):
        if found := pattern.findall(text):
            return " ".join(found[-1].split()).rstrip(".")
    return None


def disagreement(response: str, negative: str, mistakes: int) -> str | None:
    """Where the figures of a changed answer contradict one another; None if they agree.

    `mistakes` is how many equations may be false: each mistake may lie in one.
    """
    for mark in _MARK.finditer(negative):
        if mark[2] and _value(mark[1]) != _value(mark[2]) and mark[0] not in response:
            return f"{mark[0]!r} shows two different results: change both"
    false = [e for e in _false(negative) if e not in _false(response)]
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
    value = _value(final)
    if value is None:
        return True
    at = max(text.rfind("####"), text.rfind("\\boxed"))
    return any(_value(found) == value for found in NUMBER.findall(text[:at]))


def _false(text: str) -> list[str]:
    """Equations whose sides differ, beyond what rounding explains."""
    found = []
    for equation in equations(text):
        shown = text[slice(*equation.right)]
        left, right = evaluate(equation.expression), _value(shown)
        if left is None or right is None:
            continue
        decimals = len(shown.partition(".")[2])
        if abs(left - right) > Fraction(1, 10**decimals):
            found.append(f"{equation.expression}={shown}")
    return found


def _value(text: str | None) -> Fraction | None:
    plain = re.sub(r"[\s,$€£%]", "", text or "").rstrip(".")
    return Fraction(plain) if re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)", plain) else None
