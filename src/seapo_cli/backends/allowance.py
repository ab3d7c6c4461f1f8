"""What a server says it will still take, in its `x-ratelimit-*` headers."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_EPOCH = 1e9
"""From here on a number is a moment, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is left of requests or tokens, and in how many seconds it is full again."""

    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one reply told; None of what it did not tell."""

    requests: Limit | None
    tokens: Limit | None

    def left(self, tokens_each: float) -> Limit | None:
        """Requests that may still be sent, each of so many tokens; None where nothing is known."""
        found = [self.requests] if self.requests else []
        if self.tokens and tokens_each > 0:
            found.append(Limit(int(self.tokens.remaining / tokens_each), self.tokens.reset))
        return min(found, key=lambda limit: (limit.remaining, -limit.reset), default=None)


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """What the headers of a reply say; None where they say nothing that can be read."""
    requests, tokens = _limit(headers, "requests"), _limit(headers, "tokens")
    return Allowance(requests, tokens) if requests or tokens else None


def _limit(headers: Mapping[str, str], kind: str) -> Limit | None:
    remaining = headers.get(f"x-ratelimit-remaining-{kind}")
    if remaining is None:
        return None
    reset = _seconds(headers.get(f"x-ratelimit-reset-{kind}", ""))
    try:
        return None if reset is None else Limit(max(0, int(float(remaining))), reset)
    except (ValueError, OverflowError):
        return None


def _seconds(text: str) -> float | None:
    """Of `6m0s`, `20ms`, `1.5`, or a moment since 1970."""
    text = text.strip()
    if _PART.sub("", text) == "" and text:
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    try:
        found = float(text)
    except ValueError:
        return None
    if found >= _EPOCH:
        found -= time.time()
    return max(0.0, found) if math.isfinite(found) else None
