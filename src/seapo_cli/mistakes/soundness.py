"""What is wrong with a proposed mistake, insofar as it can be seen without a model.

Each check returns a reason worded for the model that made the proposal, which is sent it and asked
again. To add one, write a function and name it in `CHECKS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from seapo_cli.calls import Tool, ToolAnswer
from seapo_cli.checks.echo import repeats_example
from seapo_cli.checks.given import contradicts
from seapo_cli.checks.tool_call import PROOFS, prove
from seapo_cli.messages import Message
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.mistakes.screen import flaw
from seapo_cli.rows import Edit
from seapo_cli.text.difference import Hunk
from seapo_cli.text.final_answer import stated_result
from seapo_cli.text.languages import scripts
from seapo_cli.text.spans import apply_edits
from seapo_cli.text.structure import broken, only_comments
from seapo_cli.text.worked import disagreement

MOST_CHANGED = 0.6
"""Largest share of the answer that a mistake may replace."""
SHORT = 200
"""Characters of an answer so short that a mistake may well take up more of it."""
ROOM = 24
"""Characters by which a change may be longer or shorter than what it replaces."""
SLACK = 8
"""Characters by which it may miss the side, longer or shorter, that was asked for."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed mistake: the answer, its edits, and what was wanted."""

    messages: tuple[Message, ...]
    response: str
    edits: tuple[Edit, ...]
    error_type: ErrorType
    mistakes: int = 1
    """How many were asked for."""
    tools: tuple[Tool, ...] = ()

    @property
    def negative(self) -> str:
        return apply_edits(self.response, self.edits)


DraftCheck = Callable[[Draft], str | None]
"""Returns why a draft cannot be used; None where it sees no reason."""


def _is_usable(draft: Draft) -> str | None:
    return flaw(draft.negative, draft.response, None, draft.messages, draft.error_type, draft.tools)


def _is_as_many(draft: Draft) -> str | None:
    if len(draft.edits) < draft.mistakes:
        return f"{draft.mistakes} mistakes are wanted, in different places"
    return None


def _is_small(draft: Draft) -> str | None:
    replaced = sum(edit.end - edit.start for edit in draft.edits)
    if len(draft.response) > SHORT and replaced > MOST_CHANGED * len(draft.response):
        return "it replaces most of the answer: change only the mistake and what follows from it"
    return None


@dataclass(frozen=True, slots=True)
class Length:
    """How much longer or shorter a change may make the answer.

    A side that tends to be longer gives itself away. In prose, where models tend to explain,
    half of the rows are asked for a change that is a little longer, the others for a shorter one.
    """

    side: Literal["longer", "shorter"] | None = None

    @property
    def wording(self) -> str:
        """The rule, for the model."""
        start = "Length: taken together, what you write is as long as what it replaces, "
        if self.side is None:
            return f"{start}give or take {ROOM} characters (digits do not count)."
        other = "shorter" if self.side == "longer" else "longer"
        return (
            f"{start}or up to {ROOM} characters {self.side}, and at most {SLACK} {other} "
            "(digits do not count)."
        )

    def check(self, draft: Draft) -> str | None:
        """Why a draft is too long or too short; None if it is neither."""
        old = sum(_length(edit.original) for edit in draft.edits)
        new = sum(_length(edit.replacement) for edit in draft.edits)
        word = "longer" if new > old else "shorter"
        difference = abs(new - old)
        if difference <= (ROOM if self.side in (None, word) else SLACK):
            return None
        return f"what you write is {difference} characters {word} than what it replaces"


def _length(text: str) -> int:
    """Characters, with each number as one: its digits are what the mistake needs."""
    return len(re.sub(r"\d+(?:[.,]\d+)*", "0", text))


def _is_whole(draft: Draft) -> str | None:
    return broken(draft.response, draft.negative)


def _runs_differently(draft: Draft) -> str | None:
    if not draft.error_type.keeps_content and only_comments(draft.response, draft.negative):
        return "only comments change, the code does the same: change what the code does"
    return None


def _agrees(draft: Draft) -> str | None:
    if reason := disagreement(draft.response, draft.negative, draft.mistakes):
        return reason
    if draft.error_type.keeps_final_answer:
        return None
    before = stated_result(draft.response)
    if before is not None and before == stated_result(draft.negative):
        return f"the final answer is still {before!r}: carry the change through to the last line"
    return None


def _is_not_refuted(draft: Draft) -> str | None:
    if draft.error_type.against_prompt:
        return None
    hunks = [Hunk([edit.original], [edit.replacement]) for edit in draft.edits]
    found = contradicts(draft.messages, draft.response, draft.negative, hunks)
    if found:
        return f"the conversation itself says {found.given!r}: {found.made!r} is seen at once"
    return None


def _keeps_script(draft: Draft) -> str | None:
    known = scripts(draft.response)
    foreign = scripts("".join(edit.replacement for edit in draft.edits)) - known - {"Greek"}
    if foreign and known:
        return f"the replacement has letters ({min(foreign)}) that the answer has none of"
    return None


def _is_no_example(draft: Draft) -> str | None:
    if repeats_example([edit.replacement for edit in draft.edits], draft.error_type):
        return "it repeats an example: make a mistake of your own"
    return None


def _is_proven(draft: Draft) -> str | None:
    return unproven(draft.response, draft.negative, draft.error_type, draft.tools)


def unproven(
    response: str, negative: str, error_type: ErrorType, tools: tuple[Tool, ...]
) -> str | None:
    """Why a changed tool call lacks the mistake of its type, as `filter` would say."""
    if not isinstance(response, ToolAnswer) or error_type.name not in PROOFS:
        return None
    verdict = prove(error_type.name, response, negative, tools)
    return verdict.reason if verdict.decision == "fail" else None


CALL_CHECKS: tuple[DraftCheck, ...] = (
    _is_usable,
    _is_as_many,
    _is_proven,
    _is_not_refuted,
    _keeps_script,
    _is_no_example,
)
"""For answers that call tools, which schemas constrain better than lengths and forms do."""
CALL_RULE = (
    "Form: the lines of JSON at the end of the answer are its tool calls. Each stays one line of "
    "valid JSON, and their number stays; what the answer says before them agrees with them."
)

STEP_CHECKS: tuple[DraftCheck, ...] = (
    _is_usable,
    _is_as_many,
    _is_small,
    _is_whole,
    _runs_differently,
    _is_not_refuted,
    _keeps_script,
    _is_no_example,
)
CHECKS: tuple[DraftCheck, ...] = (*STEP_CHECKS, _agrees)

_ARTICLE = re.compile(r"(?<![\w'’-])([Aa]n?)\s+\Z")
_VOWEL = re.compile(r"(?:[aeio]|u(?!n[ai](?:[^nm]|\Z)|s[aeiu]|t[aeiou]|r[aeiou]n))[a-z]")
_SOUNDS_OTHERWISE = re.compile(r"(?:one|once|eu|ew|hour|honest|honou?r|heir)")


def with_articles(response: str, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits, with a preceding `a` or `an` changed where the new word requires it.

    Only where the article was right for the old word: `a 2-day` and `an MRI` are left alone.
    """
    found: list[Edit] = []
    for edit in edits:
        begin = found[-1].end if found else 0
        before = response[max(begin, edit.start - 8) : edit.start]
        match = _ARTICLE.search(before)
        old, new = response[edit.start :], edit.replacement + response[edit.end :]
        wanted = _article(new)
        if match and wanted and _article(old) == match[1].lower() != wanted:
            start = edit.start - len(before) + match.start()
            article = wanted.capitalize() if match[1][0] == "A" else wanted
            space = response[start + len(match[1]) : edit.start]
            edit = Edit(
                start=start,
                end=edit.end,
                original=response[start : edit.end],
                replacement=f"{article}{space}{edit.replacement}",
            )
        found.append(edit)
    return tuple(found)


def _article(following: str) -> str | None:
    """The article that a word requires; None if its spelling does not tell."""
    word = re.match(r"[A-Za-z][a-z]+", following)
    if not word or _SOUNDS_OTHERWISE.match(word[0].lower()):
        return None
    return "an" if _VOWEL.match(word[0].lower()) else "a"
