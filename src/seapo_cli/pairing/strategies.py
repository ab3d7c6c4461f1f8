"""Which negatives may stand against which answers of one prompt, and which go first.

Every choice is by hash of what it chooses from, or by a measure of it: so a prompt gets the
same negative whatever the order of the input, and whatever other prompts come with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.fuzz import ratio

from seapo_cli.options import PairSettings
from seapo_cli.pairing.best import Extremes
from seapo_cli.pairing.candidates import Candidate, Group, draw, plausibility


@dataclass(frozen=True, slots=True)
class Slot:
    """A pair to be: an answer and the negatives that may stand against it, the first one first."""

    group: int
    candidates: tuple[Candidate, ...]
    """All with the same answer."""
    rank: int
    """Its place where only some pairs are taken: the lowest first."""


def slots(group: Group, extremes: Extremes | None, settings: PairSettings) -> list[Slot]:
    """The pairs that one prompt can give, its answers in input order.

    Args:
        extremes: its best and worst answer; None where every answer is taken as it is given.
    """
    if settings.strategy == "vanilla":
        assert extremes is not None
        found = _best_and_worst(group, extremes, settings)
    else:
        found = [
            slot
            for answer, candidates in _by_answer(group).items()
            if extremes is None or answer == extremes.best
            for slot in _STRATEGIES[settings.strategy](group, candidates, settings)
        ]
    if settings.per_prompt is None or len(found) <= settings.per_prompt:
        return found
    best_first = sorted(range(len(found)), key=lambda number: _order(found[number], settings))
    return [found[number] for number in sorted(best_first[: settings.per_prompt])]


def _order(slot: Slot, settings: PairSettings) -> tuple[float, int]:
    hardest = settings.strategy == "hardest"
    return (-closeness(slot.candidates[0], settings) if hardest else 0.0, slot.rank)


def _by_answer(group: Group) -> dict[str, list[Candidate]]:
    """Candidates by answer, each negative once: under the first of its types, by name."""
    found: dict[str, dict[str | None, Candidate]] = {}
    for candidate in group.candidates:
        negatives = found.setdefault(candidate.response, {})
        known = negatives.setdefault(candidate.negative, candidate)
        if (candidate.error_type or "") < (known.error_type or ""):
            negatives[candidate.negative] = candidate
    return {answer: list(negatives.values()) for answer, negatives in found.items()}


def _random(group: Group, candidates: Sequence[Candidate], settings: PairSettings) -> list[Slot]:
    """One of the types at random, and one of its negatives."""

    def order(candidate: Candidate) -> tuple[int, int]:
        answer = group.prompt, candidate.response
        of_type = draw(settings.seed, "type", *answer, candidate.error_type)
        return of_type, draw(settings.seed, "negative", *answer, candidate.negative)

    rank = draw(settings.seed, "pair", group.prompt, candidates[0].response)
    return [Slot(group.number, tuple(sorted(candidates, key=order)), rank)]


def _all(group: Group, candidates: Sequence[Candidate], settings: PairSettings) -> list[Slot]:
    """Every negative, in input order."""
    answer = group.prompt, candidates[0].response
    return [
        Slot(group.number, (one,), draw(settings.seed, "pair", *answer, one.negative))
        for one in candidates
    ]


def _hardest(group: Group, candidates: Sequence[Candidate], settings: PairSettings) -> list[Slot]:
    """The negative that is hardest to tell from the answer."""

    def order(candidate: Candidate) -> tuple[float, int]:
        tie = draw(settings.seed, "negative", group.prompt, candidate.response, candidate.negative)
        return -closeness(candidate, settings), tie

    rank = draw(settings.seed, "pair", group.prompt, candidates[0].response)
    return [Slot(group.number, tuple(sorted(candidates, key=order)), rank)]


def _best_and_worst(group: Group, extremes: Extremes, settings: PairSettings) -> list[Slot]:
    """The best answer against the worst, unless no answer is better than another."""
    if extremes.best == extremes.worst:
        return []
    answers = {candidate.response: candidate for candidate in group.candidates}
    best, worst = answers[extremes.best], answers[extremes.worst]
    pair = replace(best, negative=worst.response, negative_value=worst.value)
    return [Slot(group.number, (pair,), draw(settings.seed, "pair", group.prompt))]


_Strategy = Callable[[Group, Sequence[Candidate], PairSettings], list[Slot]]
_STRATEGIES: dict[str, _Strategy] = {"random": _random, "all": _all, "hardest": _hardest}


def closeness(candidate: Candidate, settings: PairSettings) -> float:
    """How hard a negative is to tell from its answer; more is harder.

    By similarity: the share of both texts that is equal, from 0 to 1. By plausibility: nats
    per token. By margin: how little the answer's score leads.
    """
    if settings.closeness == "margin":
        assert candidate.scores is not None
        return -candidate.scores.margin
    if settings.closeness == "plausibility":
        return plausibility(candidate.row.data)
    return ratio(candidate.response, candidate.negative or "") / 100
