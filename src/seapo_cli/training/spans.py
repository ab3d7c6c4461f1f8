"""Changed text weighs more: character spans to token weights."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from seapo_cli.formats.reader import PreferencePair, Span, Spans
from seapo_cli.options import LossSettings
from seapo_cli.text.difference import edits_between


@dataclass(frozen=True, slots=True)
class Weighting:
    """The weights of tokens."""

    weight: float
    """Of a token in a span."""
    tail: int
    """Tokens after a span over which the weight decays linearly to that of all others."""
    rest: float
    """Of all other tokens."""

    @classmethod
    def of(cls, settings: LossSettings) -> Weighting | None:
        """None if all tokens have the same weight."""
        if not settings.weighs_spans:
            return None
        return cls(settings.span_weight, settings.span_tail, 0.0 if settings.span_only else 1.0)

    def weights(
        self, tokens: Sequence[Span], spans: Sequence[Span], begin: int, end: int
    ) -> array[float]:
        """Weights of an answer's tokens `begin` to `end`; the first one begins the first span.

        There the answers part, which may be earlier than where the characters differ: "walked" and
        "walking" can be of other tokens from their beginning on. `tokens` says of which characters
        each one is.
        """
        found = array("f", [self.rest]) * max(0, end - begin)
        for number, span in enumerate(spans):
            first, last = _covered(tokens, span)
            first, last = (
                (begin, max(last, begin + 1)) if number == 0 else (max(first, begin), last)
            )
            for place in range(first, min(last + self.tail, end)):
                share = 1 - max(0, place - last + 1) / (self.tail + 1)
                weight = self.rest + (self.weight - self.rest) * share
                # Spans may be near each other: the largest weight counts.
                if abs(weight - self.rest) > abs(found[place - begin] - self.rest):
                    found[place - begin] = weight
        return found


def _covered(tokens: Sequence[Span], span: Span) -> tuple[int, int]:
    """First token of a span, and the one after its last; an empty one has the token after it."""
    start, end = span[0], max(span[1], span[0] + 1)
    first = bisect_right(tokens, start, key=lambda token: token[1])
    last = bisect_left(tokens, end, key=lambda token: token[0])
    return first, max(last, first + 1)


def spans_of(pair: PreferencePair) -> Spans:
    """What differs in a pair: as its row says, else by a comparison word by word."""
    assert pair.chosen is not None
    assert pair.rejected is not None
    if pair.spans is not None and pair.spans.chosen:
        return pair.spans
    return Spans.of(edits_between(pair.chosen, pair.rejected))
