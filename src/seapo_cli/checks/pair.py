"""What checks look at: a row, both of its answers, and where they differ."""

from __future__ import annotations

from functools import cache

from seapo_cli.calls import ToolAnswer
from seapo_cli.mistakes.error_types import ErrorType, error_types
from seapo_cli.rows import NEGATIVE_KEYS, Keys, Row, error_type_of, read_sides
from seapo_cli.text.difference import Difference

_DERIVED = 0.5
"""Share of common text beyond which one answer is a version of the other."""


class CheckedPair(Difference):
    """A row with its good answer (`response`) and its bad one (`negative`)."""

    __slots__ = ("alone", "error_type", "row")

    def __init__(
        self, row: Row, response: str, negative: str | None, error_type: str | None
    ) -> None:
        super().__init__(response, response if negative is None else negative)
        self.row = row
        self.error_type = error_type
        self.alone = negative is None
        """Whether the row has no negative; the response stands in its place."""

    @property
    def injected(self) -> bool:
        """Whether `inject` made the negative from the response, hence kept its length and form."""
        return isinstance(self.row.data.get("error"), dict)

    @property
    def derived(self) -> bool:
        """Whether the negative is a version of the response: `inject` made it, or it looks so."""
        return self.injected or self.similarity > _DERIVED

    def has(self, trait: str) -> bool:
        """Whether the error type has a trait, such as `keeps_final_answer`.

        As the row says, where `inject` wrote it there, else as a packaged type's file does.
        """
        error = self.row.data.get("error")
        if isinstance(error, dict) and isinstance(traits := error.get("traits"), list):
            return trait in traits
        kind = packaged_types().get(self.error_type or "")
        return kind is not None and trait in kind.traits

    @property
    def question(self) -> str:
        """The prompt's last turn."""
        prompt = self.row.prompt
        return prompt if isinstance(prompt, str) else prompt[-1].content


@cache
def packaged_types() -> dict[str, ErrorType]:
    """The packaged error types by name and alias."""
    kinds = error_types().values()
    return {name: kind for kind in kinds for name in (kind.name, *kind.aliases)}


def read_pair(row: Row, keys: Keys, alone: bool = False) -> CheckedPair:
    """The pair on a row; with `alone`, the negative may be missing.

    Raises:
        RowError: it holds none.
    """
    missing = keys.negative is None and all(row.data.get(name) is None for name in NEGATIVE_KEYS)
    if alone and missing and row.response is not None:
        return CheckedPair(row, row.response, None, error_type_of(row.data))
    response, negative = read_sides(row, keys)
    return CheckedPair(row, response, negative, error_type_of(row.data))


def not_comparable(pair: CheckedPair, short: int, *, chosen: bool) -> str | None:
    """Why the extent of both answers says nothing; None if they are versions of one text.

    Args:
        short: responses of fewer characters are not compared.
        chosen: whether the user set bounds, which then hold for all other rows.
    """
    if len(pair.response) < short:
        return "a short response"
    if chosen:
        return None
    if not pair.injected:
        return "not made from the response"
    if isinstance(pair.response, ToolAnswer):
        return "the response calls tools: a wrong call may be of any length"
    return None
