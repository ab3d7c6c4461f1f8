"""`profile`: the kinds of mistakes in a model's own answers, as weights for `inject --mix`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from seapo_cli.completions import Request
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.stage import Failure, Outcome, Stage
from seapo_cli.exceptions import RowError
from seapo_cli.messages import answer_text
from seapo_cli.mistakes.base import conversation_text
from seapo_cli.mistakes.domain import domain_of
from seapo_cli.mistakes.error_types import ErrorType, template
from seapo_cli.mistakes.questions import question
from seapo_cli.rows import Row
from seapo_cli.text.replies import json_objects

_NONE, _OTHER = "none", "other"
_MAX_TOKENS = 128


class Profile(Stage):
    """Asks a model for the worst mistake of each answer; counts the kinds.

    If the row holds a `reference` (where `sample` keeps the answer that the row had before), the
    model sees it too.
    """

    name = "profile"

    def __init__(self, types: Sequence[ErrorType], seed: int = 0) -> None:
        self._types = types
        self._seed = seed
        self._counts: Counter[str] = Counter()

    async def process(self, row: Row, model: Gateway | None) -> Outcome:
        """Classify one answer."""
        assert model is not None
        if row.response is None:
            return Outcome(failures=[Failure("no answer to classify")])
        domain = domain_of(row.response)
        kinds = [kind for kind in self._types if not kind.domains or domain in kind.domains]
        try:
            completion = await model.complete(self._request(row, row.response, kinds), row.line)
            kind, mistake = _read(completion.text, [kind.name for kind in kinds])
        except RowError as error:
            return Outcome(failures=[Failure.of(error)])
        self._counts[kind] += 1
        found = {"kind": kind, "mistake": mistake, "model": model.model}
        return Outcome([row.extended(profile=found)])

    def _request(self, row: Row, response: str, kinds: Sequence[ErrorType]) -> Request:
        reference = row.data.get("reference")
        if isinstance(reference, dict) and reference.get("tool_calls"):
            reference = answer_text(reference, "reference")
        given = isinstance(reference, str) and bool(reference.strip())
        content = template("judge/classify").substitute(
            has_reference=" A right answer stands below it." if given else "",
            conversation=conversation_text(row.messages, row.tools),
            response=response,
            reference=f"\n[right answer]\n{reference}\n[end of right answer]\n" if given else "",
            kinds="\n".join(f"- {kind.name}: {kind.description}" for kind in kinds),
        )
        names = [*(kind.name for kind in kinds), _OTHER, _NONE]
        asked = {"mistake": {"type": "string"}, "kind": {"type": "string", "enum": names}}
        return question(content, asked, _MAX_TOKENS, self._seed)

    @property
    def mix(self) -> str:
        """The kinds found, as a value for `inject --mix`; empty if there were none."""
        shown = self._counts.most_common()
        return ",".join(f"{name}={n}" for name, n in shown if name not in (_NONE, _OTHER))

    def summary(self) -> Mapping[str, Any]:
        """Answers by kind of mistake, and the mix."""
        return {"kinds": dict(self._counts.most_common()), "mix": self.mix}

    def merge(self, figures: Mapping[str, Any]) -> None:
        """Merge the figures of the same stage run elsewhere."""
        self._counts.update(figures.get("kinds", {}))

    def summary_text(self) -> str:
        """The same, for people, ending with the option for `inject`."""
        total = self._counts.total()
        lines = [f"{name:<20} {n:>6,}  {n / total:>4.0%}" for name, n in self._counts.most_common()]
        return "\n".join([*lines, f"--mix {self.mix}" if self.mix else "no mistakes found"])


def _read(text: str, names: Sequence[str]) -> tuple[str, str]:
    """The kind of mistake and what it is.

    Raises:
        RowError: the reply names none of the kinds.
    """
    for found in json_objects(text):
        kind = found.get("kind")
        if isinstance(kind, str) and kind.strip().casefold() in (*names, _OTHER, _NONE):
            return kind.strip().casefold(), str(found.get("mistake") or "")
    raise RowError("the model named none of the kinds of mistakes")
