"""Where the response ends in a final answer, is the negative's another one?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.numbers import NUMBER, normal, numbers, plain

_LINE = re.compile(r"^####[ \t]*([^\n]{1,60})\s*\Z", re.MULTILINE)
"""GSM8K's last line. Elsewhere four signs begin a heading of Markdown."""
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_STATED = re.compile(
    r"(?i:\banswer|\bchoice|\boption)(?:[ ](?:is|would[ ]be|must[ ]be|to[^.\n]{0,60}is)\b|[ ]?:)"
    r"(?i:[ ](?:therefore|thus))?(?i:[ ](?:option|choice))?[ :]*[*_(\[]*[ ]?"
    r"(?:\(?([A-J])\)?(?=[*_\])]*[ ]*(?:[.,:;)\n]|\Z))|([-$€£]*\d[\d,]*(?:\.\d+)?%?))"
)
_LETTER = re.compile(r"\A\s*[*_(\[]*([A-J])[*_)\].:]*\s*\Z")
_LAST_LETTER = re.compile(r"(?:^|[\s*_(\[])([A-J])(?:[*_)\].:]|\s)*\Z")
_WORKED = re.compile(r"\d\s?[-+*/x×÷]\s?[$€£]?\d[^\n=]*=")
_LETTER_LENGTH = 8
_END = 300
"""Characters at the end of an answer where it may be stated."""
_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|left|right|[,;!: ]|quad|displaystyle)\b|\\[,;!: ]")


class FinalAnswer(Check):
    """In `####` lines, `\\boxed{}`, choice letters; the last number of a worked answer."""

    name = "answer"
    about = "The final answer (####, \\boxed{}, choice letter, last number) is another, and there."
    strict: ClassVar[Mapping[str, Any]] = {"steps": False}

    steps: bool = True
    """Whether another figure on the way counts, where the final answer is the same."""
    spared: tuple[str, ...] = ()
    """Labels of mistakes that leave the final answer, besides types with `keeps_final_answer`."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        if (found := final_answer(pair.response)) is None:
            return skipped("no final answer")
        pattern, right = found
        wrong = _last(pattern, pair.negative)
        if wrong is None:
            if pair.injected and pattern in (_LINE, _BOXED):
                return failed(f"the response's final answer is {right!r}, the negative has none")
            wrong = _in_other_words(pair.negative, letter=right.isalpha())
            if wrong is None:
                return skipped("the negative's final answer cannot be read")
        if wrong != right:
            return passed(f"{right} -> {wrong}")
        if pair.has("keeps_final_answer") or pair.error_type in self.spared:
            return skipped(f"{pair.error_type} may leave the final answer")
        if self.steps and numbers(pair.removed) != numbers(pair.added):
            return passed(f"{right}; figures before it differ")
        return failed(f"the final answer is still {right!r}", right)


def final_answer(text: str) -> tuple[re.Pattern[str], str] | None:
    """The final answer of a text, and the pattern that finds it."""
    for pattern, sign in ((_LINE, "####"), (_BOXED, "\\boxed")):
        if sign in text and (found := _last(pattern, text)) is not None:
            return pattern, found
    if _may_state(text) and (found := _last(_STATED, text)) is not None:
        return _STATED, found
    if len(text) < _LETTER_LENGTH and (found := _last(_LETTER, text)) is not None:
        return _LETTER, found
    if "=" in text and _WORKED.search(text[-_END:]) and (found := _last(NUMBER, text)):
        return NUMBER, found
    return None


def _in_other_words(text: str, letter: bool) -> str | None:
    """The final answer of a text that states it in another way than the response does."""
    found = final_answer(text)
    if found is not None and found[1].isalpha() == letter:
        return found[1]
    last = text.strip().rpartition("\n")[2]
    return _last(_LAST_LETTER if letter else NUMBER, last)


def _may_state(text: str) -> bool:
    end = text[-_END:]
    return "nswer" in end or "hoice" in end or "ption" in end


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    """The last match, in one form for equal values."""
    if pattern in (_STATED, NUMBER, _LAST_LETTER):
        text = text[-_END:]
    found = pattern.findall(plain(text))
    return _one(found[-1] if isinstance(found[-1], str) else "".join(found[-1])) if found else None


def _one(value: str) -> str:
    """`$1,000.` and `1000.0` are `1000`."""
    value = value.strip().strip("$€£*_ ").rstrip(" .")
    if NUMBER.fullmatch(value):
        return normal(value)
    value = _LATEX.sub("", value.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac"))
    return "".join(value.split())
