"""Pairs for tests of checks."""

from __future__ import annotations

from typing import Any

from seapo_cli.checks.base import Check
from seapo_cli.checks.pair import CheckedPair, read_pair
from seapo_cli.rows import Keys, read_row


def pair(response: str, negative: str, prompt: str = "What is it?", **keys: Any) -> CheckedPair:
    """A pair as a row of `inject` gives it."""
    data = {"prompt": prompt, "response": response, "negative": negative, **keys}
    return read_pair(read_row(data), Keys())


INJECTED = {"error": {"type": "factual"}}
"""What says that `inject` made the negative from the response."""


def decision(check: Check, response: str, negative: str, **keys: Any) -> str:
    """What a check decides of two answers."""
    return check.verdict(pair(response, negative, **keys)).decision
