"""What can be seen of a negative at once: whether it is usable at all."""

from __future__ import annotations

from seapo_cli.stages.phrases import REFUSING, REVEALING
from seapo_cli.stages.sameness import same

_CUT_SHARE = 0.5
"""A negative shorter than this share of the positive that stops in mid-sentence was cut."""


def flaw(negative: str, response: str, finish_reason: str | None) -> str | None:
    """Why `negative` is unusable as a worse `response`, in one line; None if it is not."""
    if not negative.strip():
        return "the negative is empty"
    if finish_reason in ("length", "content_filter"):
        return f"the negative was cut (finish_reason {finish_reason})"
    if same(negative, response, response):
        return "the negative equals the response"
    if found := REVEALING.added(negative, response):
        return f"the negative gives itself away: {found!r}"
    if found := REFUSING.added(negative, response):
        return f"the model refused: {found!r}"
    if _stops_short(negative, response):
        return "the negative stops in mid-sentence"
    return None


def _stops_short(negative: str, response: str) -> bool:
    if len(negative) >= _CUT_SHARE * len(response):
        return False
    return response.rstrip()[-1:] in ".!?。！？`" and negative.rstrip()[-1:].isalnum()
