"""What checks look at: a row, both of its answers, and where they differ."""

from __future__ import annotations

from functools import cache

from seapo_cli.mistakes.error_types import ErrorType, error_types
from seapo_cli.rows import Keys, Row, error_type_of, read_sides
from seapo_cli.text.difference import Difference
from seapo_cli.text.spans import Span

_MARGIN = 64
"""Characters around a change that a check of phrases reads."""
_DERIVED = 0.5
"""Share of common text beyond which one answer is a version of the other."""


class CheckedPair(Difference):
    """A row with its good answer (`response`) and its bad one (`negative`)."""

    __slots__ = ("_new_words", "error_type", "row")

    def __init__(self, row: Row, response: str, negative: str, error_type: str | None) -> None:
        super().__init__(response, negative)
        self.row = row
        self.error_type = error_type
        self._new_words: str | None = None

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

    @property
    def at_end(self) -> bool:
        """Whether the answers differ up to their ends (but for white space)."""
        return not self.negative[self.negative_end :].strip()

    @property
    def window(self) -> Span:
        """The difference with some text around it, in the negative.

        From the beginning of its line where that is near, as some phrases stand there only.
        """
        far = max(0, self.start - 2 * _MARGIN)
        line = self.negative.rfind("\n", far, self.start) + 1
        start = line or (self.start - _MARGIN if far else 0)
        return start, min(len(self.negative), self.negative_end + _MARGIN)

    @property
    def new_words(self) -> str:
        """The words of the change that it did not have before, in lower case."""
        if self._new_words is None:
            if self.added.count(" ") < 1:
                self._new_words = self.added.lower()
            else:
                known = set(self.removed.lower().split())
                words = dict.fromkeys(self.added.lower().split())
                self._new_words = " ".join(word for word in words if word not in known)
        return self._new_words

    @property
    def swapped(self) -> CheckedPair:
        """The same pair with its sides exchanged."""
        return CheckedPair(self.row, self.negative, self.response, self.error_type)


@cache
def packaged_types() -> dict[str, ErrorType]:
    """The packaged error types by name and alias."""
    kinds = error_types().values()
    return {name: kind for kind in kinds for name in (kind.name, *kind.aliases)}


def read_pair(row: Row, keys: Keys) -> CheckedPair:
    """The pair on a row.

    Raises:
        RowError: it holds none.
    """
    response, negative = read_sides(row, keys)
    return CheckedPair(row, response, negative, error_type_of(row.data))
