"""Checks whether a negative is usable at all, as soon as it is made.

Runs the checks that `filter` runs later: what they would drop is not worth writing.
"""

from __future__ import annotations

from seapo_cli.calls import Tool, ToolAnswer
from seapo_cli.checks.base import Check
from seapo_cli.checks.changed import Changed
from seapo_cli.checks.commentary import Commentary
from seapo_cli.checks.complete import Complete
from seapo_cli.checks.echo import Echo, echoed
from seapo_cli.checks.garbled import Garbled
from seapo_cli.checks.language import Language
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.refusal import Refusal
from seapo_cli.messages import Message
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.rows import Row

_CHECKS: tuple[Check, ...] = (
    Changed(),
    Refusal(),
    Commentary(),
    Echo(),
    Complete(),
    Garbled(),
    Language(),
)


def flaw(
    negative: str,
    response: str,
    finish_reason: str | None,
    messages: tuple[Message, ...] = (Message(role="user", content=""),),
    error_type: ErrorType | None = None,
    tools: tuple[Tool, ...] = (),
) -> str | None:
    """Why `negative` is unusable as a worse `response`, in one line; None if it is not."""
    if isinstance(response, ToolAnswer):
        try:
            negative = response.read(negative)
        except ValueError as problem:
            return str(problem)
    error = {
        "finish_reason": finish_reason,
        "traits": list(error_type.traits if error_type else ()),
    }
    row = Row({"error": error}, id="", prompt=messages, response=response, tools=tools)
    pair = CheckedPair(row, response, negative, error_type.name if error_type else None)
    for check in _CHECKS:
        verdict = check.verdict(pair)
        if verdict.decision == "fail":
            return verdict.reason
    return echoed(pair, error_type) if error_type else None
