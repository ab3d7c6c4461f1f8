"""The final answer of a text: a `####` line, `\\boxed{}`, a choice letter, the last number."""

from __future__ import annotations

import re

from seapo_cli.text.arithmetic import is_worked
from seapo_cli.text.numbers import NUMBER, normal, plain_digits

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
_LETTER_LENGTH = 8
_END = 300
"""Characters at the end of an answer where it may be stated."""
_LATEX = re.compile(r"\\(?:text|mathrm|mathbf|left|right|[,;!: ]|quad|displaystyle)\b|\\[,;!: ]")
_MARKED = ((_LINE, "####"), (_BOXED, "\\boxed"))


def stated_result(text: str) -> str | None:
    """What `#### 42` or `\\boxed{42}` states last, as written; None if there is neither."""
    for pattern, sign in _MARKED:
        if sign in text and (found := pattern.findall(text)):
            return " ".join(found[-1].split()).rstrip(".")
    return None


def is_marked(pattern: re.Pattern[str]) -> bool:
    """Whether a pattern of `final_answer` is unmistakable: `####`, `\\boxed{}`."""
    return pattern in (_LINE, _BOXED)


def final_answer(text: str) -> tuple[re.Pattern[str], str] | None:
    """The final answer of a text, in one form for equal values, and the pattern that finds it."""
    for pattern, sign in _MARKED:
        if sign in text and (found := last_match(pattern, text)) is not None:
            return pattern, found
    end = text[-_END:]
    may_state = "nswer" in end or "hoice" in end or "ption" in end
    if may_state and (found := last_match(_STATED, text)) is not None:
        return _STATED, found
    if len(text) < _LETTER_LENGTH and (found := last_match(_LETTER, text)) is not None:
        return _LETTER, found
    if "=" in text and is_worked(end) and (found := last_match(NUMBER, text)):
        return NUMBER, found
    return None


def answer_of_kind(text: str, letter: bool) -> str | None:
    """The final answer of a text, a letter or not, however it is stated."""
    found = final_answer(text)
    if found is not None and found[1].isalpha() == letter:
        return found[1]
    last = text.strip().rpartition("\n")[2]
    return last_match(_LAST_LETTER if letter else NUMBER, last)


def last_match(pattern: re.Pattern[str], text: str) -> str | None:
    """The last answer that a pattern finds, in one form for equal values."""
    if pattern in (_STATED, NUMBER, _LAST_LETTER):
        text = text[-_END:]
    found = pattern.findall(plain_digits(text))
    if not found:
        return None
    return _normal(found[-1] if isinstance(found[-1], str) else "".join(found[-1]))


def _normal(value: str) -> str:
    """`$1,000.` and `1000.0` are `1000`."""
    value = value.strip().strip("$€£*_ ").rstrip(" .")
    if NUMBER.fullmatch(value):
        return normal(value)
    value = _LATEX.sub("", value.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac"))
    return "".join(value.split())
