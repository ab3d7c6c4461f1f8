"""Is the response's final answer the known one?"""

from __future__ import annotations

from seapo_cli.checks.base import Check, Verdict, failed, passed, skipped
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.final_answer import answer_of_kind, final_answer, last_match
from seapo_cli.text.numbers import NUMBER


class Right(Check):
    """Compares it with that of `reference`, where `sample` keeps the answer that a row had."""

    name = "right"
    about = "The response's final answer is that of `reference` (a worked answer, or it alone)."
    presets = ()
    alone = True

    def verdict(self, pair: CheckedPair) -> Verdict:
        known = _known(pair.row.data.get("reference"))
        if known is None:
            return skipped("no reference with a final answer")
        found = answer_of_kind(pair.response, letter=known.isalpha())
        if found is None:
            return failed(f"no final answer in the response; it is {known!r}")
        if found != known:
            return failed(
                f"the response's final answer is {found!r}, the known one {known!r}", found
            )
        return passed(known)


def _known(reference: object) -> str | None:
    """The final answer of a reference, in one form for equal values."""
    if isinstance(reference, int | float) and not isinstance(reference, bool):
        reference = str(reference)
    if not isinstance(reference, str):
        return None
    if found := final_answer(reference):
        return found[1]
    return last_match(NUMBER, reference) if NUMBER.fullmatch(reference.strip(" $€£%.\n")) else None
