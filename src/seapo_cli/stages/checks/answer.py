"""Where the response ends in a final answer, is the negative's another one?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from seapo_cli.stages.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.stages.checks.pair import Pair

_LINE = re.compile(r"^####[ \t]*(.+)$", re.MULTILINE)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_STATED = re.compile(
    r"(?i:\banswer)(?:[ ]is\b|[ ]?:)(?i:[ ](?:option|choice))?[ :]*\**[ ]?"
    r"(?:\(?([A-J])\)?(?=\**[ ]*(?:[.,:;)\n]|\Z))|([-$€£]*\d[\d,]*(?:\.\d+)?%?))"
)
_LETTER = re.compile(r"\A\s*\(?([A-J])[).:]?\s*\Z")
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")
_WORKED = re.compile(r"\d\s?[-+*/x×÷]\s?[$€£]?\d[^\n=]*=")
_LETTER_LENGTH = 8
_END = 300
"""Characters at the end of an answer where it may be stated."""


class FinalAnswer(Check):
    """In `####` lines, `\\boxed{}`, choice letters; the last number of a worked answer."""

    name = "answer"
    about = "The final answer (####, \\boxed{}, choice letter, last number) is another, and there."
    strict: ClassVar[Mapping[str, Any]] = {"steps": False}

    steps: bool = True
    """Whether another figure on the way counts, where the final answer is the same."""
    spared: tuple[str, ...] = ("hallucination", "logical", "logic", "style")
    """Error types that leave the final answer as it is."""

    def verdict(self, pair: Pair) -> Verdict:
        if (found := final_answer(pair.response)) is None:
            return skipped("no final answer")
        pattern, right = found
        wrong = _last(pattern, pair.negative)
        if wrong is None:
            return failed(f"the response's final answer is {right!r}, the negative has none")
        if wrong != right:
            return passed(f"{right} -> {wrong}")
        if pair.error_type in self.spared:
            return skipped(f"{pair.error_type} may leave the final answer")
        if self.steps and _figures(pair.removed) != _figures(pair.added):
            return passed(f"{right}; figures before it differ")
        return failed(f"the final answer is still {right!r}", right)


def final_answer(text: str) -> tuple[re.Pattern[str], str] | None:
    """The final answer of a text, and the pattern that finds it."""
    for pattern, sign in ((_LINE, "####"), (_BOXED, "\\boxed")):
        if sign in text and (found := _last(pattern, text)) is not None:
            return pattern, found
    if "nswer" in text and (found := _last(_STATED, text)) is not None:
        return _STATED, found
    if len(text) < _LETTER_LENGTH and (found := _last(_LETTER, text)) is not None:
        return _LETTER, found
    if "=" in text and _WORKED.search(text[-_END:]) and (found := _last(_NUMBER, text)):
        return _NUMBER, found
    return None


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    """The last match, in one form for equal values."""
    if pattern in (_STATED, _NUMBER):
        text = text[-_END:]
    found = pattern.findall(text)
    return (
        _normal(found[-1] if isinstance(found[-1], str) else "".join(found[-1])) if found else None
    )


def _normal(value: str) -> str:
    """`$1,000.` and `1000.0` are `1000`."""
    value = value.strip().strip("$€£ ").rstrip(" .")
    plain = value.replace(",", "")
    if re.fullmatch(r"-?\d*\.?\d+", plain):
        return f"{float(plain):g}" if len(plain) < 15 else plain
    return "".join(value.split())


def _figures(text: str) -> list[str]:
    return [_normal(number) for number in _NUMBER.findall(text)]
