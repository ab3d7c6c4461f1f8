"""What reviewers answered, by row: from an export of either tool, recognized by its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError
from seapo_cli.io.folders import shown
from seapo_cli.io.json_text import decode
from seapo_cli.review import argilla, label_studio
from seapo_cli.review.item import NO, OTHER_TYPE, SCALE, YES
from seapo_cli.text.safe import label

_WANTED = (
    "expected what Argilla's `Dataset.to_disk` or `records.to_json` writes, or Label Studio's "
    "export as JSON (not JSON-MIN)"
)
_DECIDED = {YES: True, NO: False}


@dataclass(frozen=True, slots=True)
class Answer:
    """One reviewer's answer about one row."""

    worse: bool
    type: str | None = None
    believable: float | None = None
    comment: str | None = None


Answers = dict[str, Answer]
"""By reviewer."""


@dataclass(slots=True)
class Answered:
    """All answers in an export."""

    rows: dict[str, Answers] = field(default_factory=dict)
    """By the row's key; rows that nobody has answered are there, without answers."""
    foreign: int = 0
    """Records or tasks without a key: made by somebody else."""

    @property
    def reviewers(self) -> set[str]:
        """Everybody who answered."""
        return {name for answers in self.rows.values() for name in answers}

    def add(self, key: object, given: Iterator[tuple[str, Mapping[str, Any]]]) -> None:
        """Take the answers about a row; of two by the same reviewer, the later one counts."""
        if not isinstance(key, str) or not key:
            self.foreign += 1
            return
        answers = self.rows.setdefault(key, {})
        for reviewer, values in given:
            if (answer := _answer(values)) is not None:
                answers[reviewer] = answer


def read_answers(name: str) -> Answered:
    """Read an export; of a folder that Argilla wrote, its records.

    Raises:
        UsageError: it cannot be read, is something else, or holds no answers.
    """
    path = Path(name)
    if path.is_dir():
        path = path / argilla.RECORDS
    where = shown(path)
    entries = _entries(path, where)
    found = Answered()
    for place, one in enumerate(entries, 1):
        if isinstance(one, dict) and argilla.is_record(one):
            found.add(one.get("id"), argilla.reviews(one))
        elif isinstance(one, dict) and label_studio.is_task(one):
            found.add(label_studio.key_of_task(one), label_studio.reviews(one))
        else:
            raise UsageError(f"{where}: entry {place} is not a reviewed row: {_WANTED}")
    if not any(found.rows.values()):
        raise UsageError(f"{where}: nobody has answered yet whether an answer is worse")
    return found


def _entries(path: Path, where: str) -> list[object]:
    try:
        found = decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise UsageError(f"{where}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: not valid JSON ({error}): {_WANTED}") from None
    if not isinstance(found, list) or not found:
        raise UsageError(f"{where}: not a list of reviewed rows: {_WANTED}")
    return found


def _answer(values: Mapping[str, Any]) -> Answer | None:
    """The answer in a reviewer's values; None unless it says whether the negative is worse."""
    worse = values.get("worse")
    if not isinstance(worse, str) or worse not in _DECIDED:
        return None
    kind, stars, comment = (values.get(name) for name in ("type", "believable", "comment"))
    known = isinstance(stars, int | float) and SCALE[0] <= stars <= SCALE[-1]
    return Answer(
        worse=_DECIDED[worse],
        type=label(kind) if isinstance(kind, str) and kind and kind != OTHER_TYPE else None,
        believable=stars if known else None,
        comment=comment.strip() or None if isinstance(comment, str) else None,
    )
