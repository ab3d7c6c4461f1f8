"""Did the model that made the negatives call the response itself wrong?"""

from __future__ import annotations

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair


class Doubted(Check):
    """`inject` writes `error.answer_doubted` if the model declined another type for that reason."""

    name = "doubted"
    about = "The model that made the negatives did not call the response itself wrong."

    def verdict(self, pair: CheckedPair) -> Verdict:
        error = pair.row.data.get("error")
        doubt = error.get("answer_doubted") if isinstance(error, dict) else None
        return failed(f"the model found the response wrong: {doubt}") if doubt else PASS
