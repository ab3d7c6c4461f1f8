"""Is the negative another text at all?"""

from __future__ import annotations

import ast

from seapo_cli.stages.checks.base import PASS, Check, Verdict, failed
from seapo_cli.stages.checks.form import looks_like_python, read_python
from seapo_cli.stages.checks.pair import Pair
from seapo_cli.stages.sameness import same


class Changed(Check):
    """Compares the differing words only: all else is the same anyway."""

    name = "changed"
    about = "The negative differs by more than white space, invisible characters, final marks."

    def verdict(self, pair: Pair) -> Verdict:
        for removed, added in pair.hunks:
            if len(removed) == len(added) == 1 and _differ(removed[0], added[0]):
                return PASS  # quickly, as mostly
        if same(pair.added, pair.removed, pair.response) and not _other_program(pair):
            return failed("the negative equals the response")
        return PASS


def _differ(old: str, new: str) -> bool:
    """Whether two words are other words for sure."""
    return old.isalnum() and new.isalnum() and old.casefold() != new.casefold()


def _other_program(pair: Pair) -> bool:
    """Whether the answers are Python that white space makes different: a line moved out of a loop.

    Blocks are not looked for: answers that are code as a whole only.
    """
    if pair.response == pair.negative or not looks_like_python(pair.response):
        return False
    try:
        trees = [_effect(read_python(answer)) for answer in (pair.response, pair.negative)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return trees[0] != trees[1]


def _effect(tree: ast.Module) -> str:
    """What a program does: its syntax tree without the text of docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    return ast.dump(tree)
