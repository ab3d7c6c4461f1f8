"""One row, with everything that its files say about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seapo_cli.calls import canonical_json
from seapo_cli.formats.reader import PreferencePair, read_row_pairs
from seapo_cli.messages import Message
from seapo_cli.report.kinds import Kind
from seapo_cli.rows import error_type_of, read_row
from seapo_cli.text.safe import label

STAGES: tuple[Kind, ...] = ("prompt", "answer", "failure", "negative", "dropped", "kept", "pair")
"""What a row can be, in ascending order."""
UNTYPED = "untyped"
REVIEWS = ("accepted", "refused", "undecided")
"""What people say; `accepted`: the rejected answer is worse."""
_WITH_MARGIN = ("reward", "aspects", "judge")
"""Checks that say by how much the good answer leads."""


@dataclass(slots=True)
class Entry:
    """A row, with everything that its files say about it."""

    key: int
    """64 bits of a hash of prompt and answers."""
    drawn: int
    """64 bits of a hash of the prompt: if there are many rows, those with low hashes are shown."""
    prompt: tuple[Message, ...]
    good: str | None
    bad: str | None
    stage: Kind
    places: list[str]
    """FILE:LINE, in the order of reading."""
    id: str | None = None
    type: str | None = None
    source: str | None = None
    named_source: bool = False
    """Whether the row itself names its source; else it is the file."""
    margin: float | None = None
    error: Mapping[str, Any] | None = None
    sample: Mapping[str, Any] | None = None
    checks: Mapping[str, Any] | None = None
    review: Mapping[str, Any] | None = None
    failed: str | None = None
    """Which stage failed, and why."""
    declined: bool = False
    """Whether the model said that nothing should be made."""

    @property
    def verdict(self) -> str | None:
        """What people say of the rejected answer, where they were asked."""
        found = (self.review or {}).get("verdict")
        return found if found in REVIEWS else None

    def merge(self, other: Entry) -> None:
        """Merge what another file says about the same row."""
        self.stage = max(self.stage, other.stage, key=STAGES.index)
        self.places += other.places
        if other.named_source and not self.named_source:
            self.source, self.named_source = other.source, True
        for name in ("id", "type", "margin", "error", "sample", "checks", "review", "failed"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))


def read_entries(kind: Kind, data: Mapping[str, Any], file: str, line: int) -> list[Entry]:
    """The rows of a line: several where it holds several negatives.

    Raises:
        RowError: it lacks a part, or a part has the wrong type.
    """
    where = f"{file}:{line}"
    if kind in ("prompt", "answer"):
        row = read_row(data)
        sides: list[tuple[tuple[Message, ...], str | None, str | None, PreferencePair | None]]
        sides = [(row.messages, row.response, None, None)]
    else:
        sides = [(p.prompt, p.chosen, p.rejected, p) for p in read_row_pairs(data, where)]
    several = len(sides) > 1
    found = []
    for place, (prompt, good, bad, pair) in enumerate(sides):
        error, checks = (_of_each(data, name, place, several) for name in ("error", "checks"))
        source = _source(data)
        found.append(
            Entry(
                key=key_of(prompt, good, bad),
                drawn=_prompt_hash(prompt),
                prompt=prompt,
                good=good,
                bad=bad,
                stage=kind,
                places=[where],
                id=str(data["id"]) if isinstance(data.get("id"), str | int) else None,
                type=pair.error_type if pair else None,
                source=source or file,
                named_source=source is not None,
                margin=_margin(data, checks, pair),
                error=error,
                sample=_object(data.get("sample")),
                checks=checks,
                review=_object(data.get("review")),
            )
        )
    return found


def read_failure(data: Mapping[str, Any], file: str, line: int) -> Entry:
    """The row that failed.

    Raises:
        RowError: it cannot be read, which may be why.
    """
    row = read_row(data["row"])
    stage, declined = label(str(data["stage"])), data.get("declined") is True
    source = _source(row.data)
    return Entry(
        key=key_of(row.messages, row.response, None, stage, str(data.get("error_type"))),
        drawn=_prompt_hash(row.messages),
        prompt=row.messages,
        good=row.response,
        bad=None,
        stage="failure",
        places=[f"{file}:{line}"],
        id=row.id,
        type=error_type_of(data),
        source=source or file,
        named_source=source is not None,
        failed=f"{stage}: {data['reason']}",
        declined=declined,
    )


def _of_each(
    data: Mapping[str, Any], name: str, place: int, several: bool
) -> Mapping[str, Any] | None:
    value = data.get(name)
    if several and isinstance(value, list):
        value = value[place]
    return _object(value)


def _object(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _source(data: Mapping[str, Any]) -> str | None:
    source = data.get("source")
    return source if isinstance(source, str) and source else None


def _margin(
    data: Mapping[str, Any], checks: Mapping[str, Any] | None, pair: PreferencePair | None
) -> float | None:
    """By how much the good answer leads: as a column, as scores of both sides, or by a check."""
    if pair and data.get("margin") is not None:
        return pair.margin
    scores = [data.get(name) for name in ("score_chosen", "score_rejected")]
    if all(_is_number(score) for score in scores):
        return float(scores[0] - scores[1])  # type: ignore[operator]
    for name in _WITH_MARGIN:
        found = _object((checks or {}).get(name)) or {}
        value = (_object(found.get("value")) or {}).get("margin")
        if _is_number(value):
            return float(value)  # type: ignore[arg-type]
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _prompt_hash(prompt: Sequence[Message]) -> int:
    return hash_of(*(canonical_json(turn.key) for turn in prompt))


def key_of(prompt: Sequence[Message], *parts: str | None) -> int:
    """What names a row whichever file and format it is in: 64 bits of its prompt and answers."""
    return hash_of(_prompt_hash(prompt), *parts)


def hash_of(*parts: str | int | None) -> int:
    """64 bits that are equal for equal parts."""
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = b"-" if part is None else str(part).encode(errors="surrogatepass")
        found.update(b"%d:" % len(data) + data)
    return int.from_bytes(found.digest(), "big")
