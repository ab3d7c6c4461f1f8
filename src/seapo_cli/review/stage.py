"""`review import`: rows with what reviewers say of them under `review`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import RowError
from seapo_cli.options.review import Keep
from seapo_cli.review.answers import Answered
from seapo_cli.review.item import review_key, review_sides, type_of
from seapo_cli.review.verdict import Agreement, Verdict, believable, majority_type, review_of
from seapo_cli.rows import UNTYPED, Keys, Row
from seapo_cli.text.tables import table

_VERDICTS: tuple[Verdict, ...] = ("accepted", "refused", "undecided")


class Review(Stage):
    """Joins rows and answers by prompt and both answers; the place in a file does not matter."""

    name = "review"
    asks_model = False

    def __init__(self, answered: Answered, keep: Keep, keys: Keys) -> None:
        self._answered = answered
        self._keep = keep
        self._keys = keys
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        """Verdicts by the type that rows claim."""
        self._unreviewed = 0
        self._typed = self._confirmed = 0
        self._believable: list[float] = []
        self._agreement = Agreement()
        self._seen: set[str] = set()

    async def process(self, row: Row, model: Gateway | None) -> Outcome:  # noqa: ARG002
        """Add the review of one row, if there is one."""
        try:
            key = review_key(row.messages, *review_sides(row, self._keys))
        except RowError as error:
            return Outcome(failures=[Failure.of(error)])
        out = dict(row.data)
        out.setdefault("id", row.id)
        verdict = None
        if answers := self._answered.rows.get(key):
            out["review"] = review = review_of(answers.values())
            verdict = review["verdict"]
        self._count(key, row, verdict)
        dropped = {"all": (), "unrefused": ("refused", "undecided"), "accepted": None}[self._keep]
        kept = verdict == "accepted" if dropped is None else verdict not in dropped
        return Outcome(rows=[out]) if kept else Outcome(rejected=[out])

    def _count(self, key: str, row: Row, verdict: str | None) -> None:
        first = key not in self._seen
        self._seen.add(key)
        if verdict is None:
            self._unreviewed += 1
            return
        claimed = type_of(row.data)
        self._counts[claimed or UNTYPED][verdict] += 1
        answers = self._answered.rows[key].values()
        if (kind := majority_type(answers)) and claimed:
            self._typed += 1
            self._confirmed += kind == claimed
        if (stars := believable(answers)) is not None:
            self._believable.append(stars)
        if first:  # the same row again says nothing new of its reviewers
            self._agreement.add(answers)

    @property
    def _unknown(self) -> int:
        """Reviewed rows that no row of the input is."""
        return sum(bool(a) and key not in self._seen for key, a in self._answered.rows.items())

    def summary(self) -> Mapping[str, Any]:
        """Verdicts by claimed type, agreement, and what could not be joined."""
        totals = sum(self._counts.values(), Counter[str]())
        stars = self._believable
        return {
            "reviews": {
                **{verdict: totals[verdict] for verdict in _VERDICTS},
                "not_reviewed": self._unreviewed,
                "not_in_the_rows": self._unknown,
                "foreign": self._answered.foreign,
                "reviewers": len(self._answered.reviewers),
                "agreement": self._agreement.summary(),
                "type_confirmed": round(self._confirmed / self._typed, 4) if self._typed else None,
                "believable": round(sum(stars) / len(stars), 2) if stars else None,
                "types": {
                    kind: {verdict: counts[verdict] for verdict in _VERDICTS}
                    for kind, counts in self._counts.items()
                },
            }
        }

    def summary_text(self) -> str:
        """The same, for people."""
        found = self.summary()["reviews"]
        rows = [["type", *_VERDICTS]]
        for kind, counts in found["types"].items():
            rows.append([kind, *(f"{counts[verdict]:,}" for verdict in _VERDICTS)])
        lines = [table(rows)] if len(rows) > 1 else []
        agreed = found["agreement"]
        if agreed["pairs"]:
            told = f"two reviewers agree that it is worse or not: {agreed['worse']:.0%}"
            if agreed["type"] is not None:
                told += f"; on the type: {agreed['type']:.0%}"
            lines.append(f"{told} ({agreed['pairs']:,} pairs of {found['reviewers']} reviewers)")
        if found["type_confirmed"] is not None:
            lines.append(
                f"reviewers name the type that the row claims: {found['type_confirmed']:.0%}"
            )
        if found["believable"] is not None:
            lines.append(f"believable: {found['believable']:g} of 5")
        for key, told in _UNJOINED.items():
            if count := found[key]:
                lines.append(f"{told}: {count:,}")
        return "\n".join(lines)


_UNJOINED = {
    "not_reviewed": "rows without a review",
    "not_in_the_rows": "reviewed rows that are not in the input (another file, or changed since)",
    "foreign": "entries without a key of seapo's in the export",
}
"""What could not be joined, for people."""
