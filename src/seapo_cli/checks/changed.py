"""Is the negative another text at all, and does it say something else?"""

from __future__ import annotations

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.code import code_blocks, effect, fenced_blocks, is_python, python_tree
from seapo_cli.text.sameness import bare, is_code, same_meaning, same_places
from seapo_cli.text.synonyms import VOCABULARY

_MARKS = ".,;:!?\"'()"
_MOST_PLACES = 12
"""With more changed places it is not a mere rewording, and comparing them would take time."""


class Changed(Check):
    """Compares only the words that differ: everything else is the same anyway."""

    name = "changed"
    about = "The negative differs by more than spaces, punctuation, case or synonyms."

    def verdict(self, pair: CheckedPair) -> Verdict:
        for removed, added in pair.hunks:
            if len(removed) == len(added) == 1 and _differ(removed[0], added[0]):
                return PASS  # quickly, as mostly
        if bare(pair.added) == bare(pair.removed):
            return PASS if _other_program(pair) else failed("the negative equals the response")
        if len(pair.hunks) > _MOST_PLACES:
            same = pair.added.casefold() == pair.removed.casefold()
            if not same or _has_python(pair.response):
                return PASS
            return failed("the negative equals the response but for case")
        places = [hunk.texts for hunk in pair.hunks]
        if same_places(places):
            reason = "the negative equals the response but for case and marks"
        elif not pair.has("keeps_content") and same_meaning(pair.added, pair.removed):
            reason = "the negative says the same in other words"
        else:
            return PASS
        return PASS if _in_code(pair) or _has_python(pair.response) else failed(reason)


def _differ(old: str, new: str) -> bool:
    """Whether two words are certainly different, neither spellings of one word nor synonyms."""
    old, new = old.strip(_MARKS).lower(), new.strip(_MARKS).lower()
    if not (old.isalnum() and new.isalnum()) or old[:2] == new[:2]:
        return False
    return old not in VOCABULARY and new not in VOCABULARY


def _in_code(pair: CheckedPair) -> bool:
    """Whether the difference is in code: in a block, between backticks, or in lines of code."""
    text, start = pair.response, pair.start
    if text.count("```", 0, start) % 2 or "`" in pair.removed:
        return True
    line = text.rfind("\n", 0, start) + 1
    if text.count("`", line, start) % 2:
        return True
    end = text.find("\n", max(start, pair.response_end))
    return is_code(text[line : end if end >= 0 else len(text)])


def _has_python(text: str) -> bool:
    return any(is_python(block.tag, block.code) for block in code_blocks(text))


def _other_program(pair: CheckedPair) -> bool:
    """Whether both are Python in which white space matters: a line moved out of a loop."""
    sides = [
        [(b.tag, b.code) for b in fenced_blocks(side)] or [("", side)]
        for side in (pair.response, pair.negative)
    ]
    return any(
        old != new and python_tree(*old) and python_tree(*new) and effect(*old) != effect(*new)
        for old, new in zip(*sides, strict=False)
    )
