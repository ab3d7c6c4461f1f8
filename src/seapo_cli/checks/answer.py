"""Where the response ends in a final answer, is the negative's another one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.final_answer import answer_of_kind, final_answer, is_marked, last_match
from seapo_cli.text.numbers import numbers


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
        wrong = last_match(pattern, pair.negative)
        if wrong is None:
            if pair.injected and is_marked(pattern):
                return failed(f"the response's final answer is {right!r}, the negative has none")
            wrong = answer_of_kind(pair.negative, letter=right.isalpha())
            if wrong is None:
                return skipped("the negative's final answer cannot be read")
        if wrong != right:
            return passed(f"{right} -> {wrong}")
        if pair.has("keeps_final_answer") or pair.error_type in self.spared:
            return skipped(f"{pair.error_type} may leave the final answer")
        if self.steps and numbers(pair.removed) != numbers(pair.added):
            return passed(f"{right}; figures before it differ")
        return failed(f"the final answer is still {right!r}", right)
