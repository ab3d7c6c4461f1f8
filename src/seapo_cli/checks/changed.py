"""Is the negative another text at all, and does it say something else?"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.form import looks_like_python, read_python
from seapo_cli.checks.pair import Pair
from seapo_cli.text.sameness import bare, is_code, same_meaning, same_places
from seapo_cli.text.synonyms import VOCABULARY

_MARKS = ".,;:!?\"'()"
_FENCED = re.compile(r"^```[ \t]*\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MOST_PLACES = 12
"""More changed places than that are not a mere rewording; comparing them would take time."""


class Changed(Check):
    """Compares the differing words only: all else is the same anyway."""

    name = "changed"
    about = "The negative differs by more than space, marks, case, or words that mean the same."

    def verdict(self, pair: Pair) -> Verdict:
        for removed, added in pair.hunks:
            if len(removed) == len(added) == 1 and _differ(removed[0], added[0]):
                return PASS  # quickly, as mostly
        if bare(pair.added) == bare(pair.removed):
            return PASS if _other_program(pair) else failed("the negative equals the response")
        if len(pair.hunks) > _MOST_PLACES:
            other = pair.added.casefold() != pair.removed.casefold() or looks_like_python(
                pair.response
            )
            return PASS if other else failed("the negative equals the response but for case")
        places = [(_text(hunk.removed), _text(hunk.added)) for hunk in pair.hunks]
        if _in_code(pair) or looks_like_python(pair.response):
            return PASS
        if same_places(places):
            return failed("the negative equals the response but for case and marks")
        if not pair.has("keeps_content") and same_meaning(pair.added, pair.removed):
            return failed("the negative says the same in other words")
        return PASS


def _text(words: Sequence[str]) -> str:
    return words if isinstance(words, str) else " ".join(words)


def _differ(old: str, new: str) -> bool:
    """Whether two words are other words for sure, neither spellings of one nor synonyms."""
    old, new = old.strip(_MARKS).lower(), new.strip(_MARKS).lower()
    if not (old.isalnum() and new.isalnum()) or old[:2] == new[:2]:
        return False
    return old not in VOCABULARY and new not in VOCABULARY


def _in_code(pair: Pair) -> bool:
    """Whether the difference stands in code: in a block, between back-ticks, or in such lines."""
    text, start = pair.response, pair.start
    if text.count("```", 0, start) % 2 or "`" in pair.removed:
        return True
    line = text.rfind("\n", 0, start) + 1
    if text.count("`", line, start) % 2:
        return True
    end = text.find("\n", max(start, pair.response_end))
    return is_code(text[line : end if end >= 0 else len(text)])


def _other_program(pair: Pair) -> bool:
    """Whether they are Python that white space makes different: a line moved out of a loop."""
    if pair.response == pair.negative:
        return False
    sides = [_FENCED.findall(side) or [side] for side in (pair.response, pair.negative)]
    return any(_differ_in_effect(*blocks) for blocks in zip(*sides, strict=False))


def _differ_in_effect(old: str, new: str) -> bool:
    if old == new or not looks_like_python(old):
        return False
    try:
        return _effect(read_python(old)) != _effect(read_python(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _effect(tree: ast.Module) -> str:
    """What a program does: its syntax tree without the text of docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    return ast.dump(tree)
