"""Several answers about one row as one verdict, and how far reviewers agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import combinations
from statistics import mean
from typing import Any, Literal

from seapo_cli.review.answers import Answer

Verdict = Literal["accepted", "refused", "undecided"]


def verdict_of(answers: Collection[Answer]) -> Verdict:
    """What most say: `accepted` if the negative is worse; a tie is undecided."""
    lead = sum(1 if answer.worse else -1 for answer in answers)
    if lead == 0:
        return "undecided"
    return "accepted" if lead > 0 else "refused"


def review_of(answers: Collection[Answer]) -> dict[str, Any]:
    """What a row keeps under `review`. It names no reviewer."""
    return {
        "verdict": verdict_of(answers),
        "worse": sum(answer.worse for answer in answers),
        "reviewers": len(answers),
        "type": majority_type(answers),
        "believable": believable(answers),
        "comments": [answer.comment for answer in answers if answer.comment],
    }


def majority_type(answers: Collection[Answer]) -> str | None:
    """The kind that more reviewers name than any other; None if there is no such kind."""
    counts = Counter(answer.type for answer in answers if answer.type).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def believable(answers: Collection[Answer]) -> float | None:
    """The mean rating, 1 to 5."""
    found = [answer.believable for answer in answers if answer.believable is not None]
    return round(mean(found), 2) if found else None


class Agreement:
    """How often two reviewers of a row say the same."""

    def __init__(self) -> None:
        self.pairs = 0
        self._worse = 0
        self._typed = 0
        self._type = 0

    def add(self, answers: Collection[Answer]) -> None:
        """Count each two reviewers of a row."""
        for one, other in combinations(answers, 2):
            self.pairs += 1
            self._worse += one.worse == other.worse
            if one.type and other.type:
                self._typed += 1
                self._type += one.type == other.type

    def summary(self) -> dict[str, Any]:
        """Shares of the pairs of reviewers; null where there are none."""
        return {
            "pairs": self.pairs,
            "worse": _share(self._worse, self.pairs),
            "type": _share(self._type, self._typed),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
