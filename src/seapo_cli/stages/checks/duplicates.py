"""Was the same mistake seen before, in the same text or nearly?"""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from seapo_cli.stages.checks.base import Check, Verdict, failed, passed
from seapo_cli.stages.checks.pair import Pair
from seapo_cli.stages.checks.seen import Seen, fingerprint, mark_of

_PROMPT_WORDS = 32
"""Words of either end of a long prompt."""
_LONG_WORD = 6
_AROUND = 48
"""Characters on either side of the change."""


class Duplicates(Check):
    """Two pairs are duplicates where the same words were changed in nearly the same text.

    Negatives of one response with different mistakes are none, however much text they share.
    Memory is fixed: beyond `rows` the oldest are forgotten.
    """

    name = "duplicates"
    about = "The same change in (nearly) the same text was not seen before."
    last = True

    distance: int = Field(default=6, ge=0, le=8)
    """Bits of 64 by which texts may differ: 6 is a word in thirty or so, 0 none."""
    rows: int = Field(default=1_000_000, ge=1000)
    """Rows to remember, at 32 bytes each."""

    @cached_property
    def _seen(self) -> Seen:
        return Seen(self.rows)

    def verdict(self, pair: Pair) -> Verdict:
        changes = [word for hunk in pair.hunks for word in (*hunk.removed, "\0", *hunk.added, "\1")]
        found = self._seen.add(mark_of(changes), fingerprint(_sample(pair)), self.distance)
        if found is None:
            return passed("new")
        kind = "the same" if found == 0 else "nearly the same"
        return failed(f"the same change in {kind} text was seen before", found)


def _sample(pair: Pair) -> list[str]:
    """Words that tell the text from others: of the prompt, and around the change."""
    prompt = pair.row.prompt
    text = prompt if isinstance(prompt, str) else "\n".join(turn.content for turn in prompt)
    words = text.lower().split()
    if len(words) > 2 * _PROMPT_WORDS:
        # Both ends, as the question may stand at either; long words, as they tell most.
        words = [word for word in words if len(word) >= _LONG_WORD]
        words = words[:_PROMPT_WORDS] + words[-_PROMPT_WORDS:]
    before = pair.response[max(0, pair.start - _AROUND) : pair.start]
    after = pair.response[pair.response_end : pair.response_end + _AROUND]
    return words + f"{before} {after}".lower().split()
