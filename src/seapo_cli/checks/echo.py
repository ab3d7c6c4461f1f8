"""Does the negative repeat the model's instructions instead of following them?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from seapo_cli.calls import ToolAnswer, tools_text
from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.mistakes.error_types import ErrorType, error_types, folder

_RUN = 6
"""Words in a row that match the instructions too closely to be chance."""
_QUESTION_RUN = 12
"""Words in a row of the prompt's last turn, from its beginning or at its end."""
_SHORT_QUESTION = 4
"""Words of a prompt that are repeated as a whole only on purpose."""
_LEAST_QUESTION, _LEAST_TAIL = 10, 60
"""Characters of a prompt, and of its end, that nothing else ends with."""
_WORD = re.compile(r"\w+")
_REAL_WORD = re.compile(r"[^\W\d_]{2,}")
_LEAST_WORDS = 4
_MARKS = "[]<>{}|#:("
_BLANK = re.compile(
    r"""
      [\[<{(]{1,2}[ ]?(?:please[ ])?(?:insert|add|put|place|write|replace|fill|enter|provide
      |describe|state|give|your|the|a|an|this|that
        |some|same|new|plausible|false|wrong|incorrect|mistaken|fabricated|invented|made-up|original
        |another|different|specific|here)\b
        [^\]>})\n]{0,50}?\b(?:mistakes?|errors?|here|again|sentence|replacement|wrong|incorrect
        |fabricated|invented|false|made[ -]up
        |new[ ]text|new[ ](?:fact|value|number|name|date)|plausible|detail|original|altered|changed
        |modified)\b[^\]>})\n]{0,40}[\]>})]{1,2}
    | [\[<{]{1,2}[ ]?(?:mistakes?|errors?|replacement(?:[ _]\w+)?|placeholder
        |(?:new|old)[ _]?(?:text|word|sentence|value)|original|quote|answer
        |response|negative
        |the[ ]answer|new[ ]answer|mistaken[ ]\w+|wrong[ ]\w+|incorrect[ ]\w+|tbd|todo|fill[ ]in
        |x{3,})[ ]?[\]>}]{1,2}
    | \$(?:conversation|response|description|guidance|examples|places|amount|retry|kinds|told
        |name)\b
    | <\|[a-z_]{2,20}\|>|\[/?INST\]|</?s>|<</?SYS>>|<(?:start|end)_of_turn>
    | ^[ ]*\[(?:user|assistant|system)\]
    | \[(?:end[ ]of[ ])?(?:the[ ])?(?:answer|conversation|response|text|document)\]
    | </?(?:answer|response|output|result|negative|mistake|rewrite|edit|conversation|instructions?
        |think|thinking|final)>
    | (?<=[.!?\n][ ])(?:user|human|assistant|ai|bot|system)[ ]?:[ ](?=\w)
    | \#{2,}[ ]*(?:instruction|response|input|output|assistant|user|system|human|answer|end)s?[ ]*:
    | ^[ ]*(?:\#{2,}[ ]*)?(?:user|human|assistant|instruction|instructions|system|ai|q|question
        |prompt|input|response|answer|ai[ ]assistant|model|bot)[ ]?:[ ]*(?=\S|$)
    | ^\#{2,}[ ]*(?:instruction|response|input|assistant|user|system|human)s?[ ]*$
    | [\"'](?:edits?|negative|mistakes?|replacement|quote|decline|rewritten|new_answer|error_type
        |original)[\"'][ ]*:
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
"""Blanks to be filled in, labels of turns and of parts of a prompt, the keys of a reply."""


class Echo(Check):
    """Blanks that were not filled in, words of the instructions, and the prompt once more."""

    name = "echo"
    about = "The negative repeats neither the instructions for the mistake nor the prompt."

    def verdict(self, pair: CheckedPair) -> Verdict:
        found = _blank(pair) or _instruction(pair, _packaged()) or _question(pair)
        return failed(found) if found else PASS


def echoed(pair: CheckedPair, error_type: ErrorType) -> str | None:
    """Why a negative echoes a type's own file, which may be a user's; None where it does not."""
    return _instruction(pair, _runs(_told(error_type)))


def repeats_example(replacements: Iterable[str], error_type: ErrorType) -> bool:
    """Whether a replacement holds a whole example of a type's file; short ones are anyone's."""
    added = [_joined(text) for text in replacements]
    examples = [_joined(example.mistake) for example in error_type.examples]
    return any(
        words in text for words in examples if words.count(" ") > _LEAST_WORDS for text in added
    )


def _blank(pair: CheckedPair) -> str | None:
    if not any(mark in pair.added for mark in _MARKS) and "$" not in pair.added:
        return None
    for match in _BLANK.finditer(pair.negative, *pair.window):
        # A tool's argument may have such a name.
        if match[0] not in pair.response and match[0] not in tools_text(pair.row.tools):
            return f"the negative has a blank or a label of the prompt: {match[0].strip()[:60]!r}"
    return None


def _instruction(pair: CheckedPair, told: frozenset[str]) -> str | None:
    if len(pair.added) < 2 * _RUN:
        return None
    for run in _runs_of(pair.added, _RUN):
        if run in told and run not in _joined(pair.response) and run not in _joined(pair.question):
            return f"the negative repeats the instructions: {run!r}"
    return None


def _question(pair: CheckedPair) -> str | None:
    """Look for the prompt's last turn: all of it, or its first or last words."""
    if isinstance(pair.response, ToolAnswer):
        return None  # arguments are what the prompt says
    added, asked = pair.added, pair.question.strip()
    if pair.injected and len(asked) >= _LEAST_QUESTION and pair.start == 0:
        head = asked[:_LEAST_TAIL]
        if pair.negative.lstrip().startswith(head) and not pair.response.lstrip().startswith(head):
            return f"the negative begins with the prompt: {head!r}"
    if pair.injected and len(asked) >= _LEAST_QUESTION and pair.at_end:
        tail = asked[-_LEAST_TAIL:]
        if pair.negative.rstrip().endswith(tail) and not pair.response.rstrip().endswith(tail):
            return f"the negative ends with the prompt: {tail!r}"
    if added.count(" ") + 1 < _SHORT_QUESTION:
        return None
    words = _WORD.findall(pair.question.lower()[:400])
    if len(words) < _SHORT_QUESTION or len(added) < len(" ".join(words[:_SHORT_QUESTION])):
        return None
    written, known = _joined(added), ""
    last = _WORD.findall(pair.question.lower()[-400:])
    for run in (words[:_QUESTION_RUN], last[-_QUESTION_RUN:]):
        phrase = f" {' '.join(run)} "
        if phrase in written:
            known = known or _joined(pair.response)
            if phrase not in known and _new_in(phrase, pair):
                return f"the negative repeats the prompt: {phrase.strip()[:60]!r}"
    return None


def _new_in(phrase: str, pair: CheckedPair) -> bool:
    """Whether a phrase is more than what an answer takes up of its question."""
    known = set(_joined(pair.response).split())
    new = [word for word in phrase.split() if word not in known]
    return pair.injected and len(new) >= 2


@lru_cache(maxsize=4)
def _joined(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _runs_of(text: str, length: int) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    for at in range(len(words) - length + 1):
        yield " ".join(words[at : at + length])


def _runs(texts: Iterable[str]) -> frozenset[str]:
    """Runs of words; those of figures and single letters stand in any worked answer."""
    return frozenset(
        run
        for text in texts
        for run in _runs_of(text, _RUN)
        if len(_REAL_WORD.findall(run)) >= _LEAST_WORDS
    )


def _told(kind: ErrorType) -> Iterator[str]:
    """What a type's file tells the model."""
    yield kind.description
    yield kind.guidance
    for example in kind.examples:
        yield example.original
        yield example.mistake


@cache
def _packaged() -> frozenset[str]:
    """Runs of words of the packaged types and of what each mode tells the model."""
    types = (text for kind in error_types().values() for text in _told(kind))
    modes = (path.read_text(encoding="utf-8") for path in folder().glob("modes/*.md"))
    return _runs(types) | _runs(modes)
