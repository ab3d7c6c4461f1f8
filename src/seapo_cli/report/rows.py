"""Distinct rows, whichever files they stand in, and counts of all of them.

A row goes through several files: what `inject` wrote is in `filter`'s output again, and as a pair in
the trainer's format. Prompt and answers tell that it is the same, so it is counted and shown once.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seapo_cli.calls import exact
from seapo_cli.errors import RowError
from seapo_cli.pairs import Pair, read_row_pairs
from seapo_cli.records import Message, error_type_of, read_row
from seapo_cli.report.kinds import Kind
from seapo_cli.safe_text import label

STAGES: tuple[Kind, ...] = ("prompt", "answer", "failure", "negative", "dropped", "kept", "pair")
"""What a row can be, the least first."""
UNTYPED = "untyped"
_SLACK = 1.25
"""How far the limit is exceeded before rows are let go, so that this happens seldom."""
_MOST_NAMES = 1000
"""Beyond so many types, sources or reasons they are counted together."""
OTHER = "(other)"


@dataclass(slots=True)
class Entry:
    """A row, with all that its files tell of it."""

    key: int
    """64 bits of a hash of prompt and answers."""
    drawn: int
    """64 bits of a hash of the prompt: rows with low ones are shown, of many."""
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
    failed: str | None = None
    """Which stage failed, and why."""

    def merge(self, other: Entry) -> None:
        """Take in what another file tells of the same row."""
        self.stage = max(self.stage, other.stage, key=STAGES.index)
        self.places += other.places
        if other.named_source and not self.named_source:
            self.source, self.named_source = other.source, True
        for name in ("id", "type", "margin", "error", "sample", "checks", "failed"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(other, name))


@dataclass(slots=True)
class Tokens:
    """What requests behind some rows cost."""

    rows: int = 0
    """Rows that tell."""
    prompt: int = 0
    completion: int = 0

    def add(self, usage: object) -> None:
        """Count one row's `usage`."""
        if not isinstance(usage, Mapping):
            return
        counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
        if all(isinstance(count, int) and 0 <= count < 1 << 53 for count in counts):
            self.rows += 1
            self.prompt += counts[0]  # type: ignore[operator]
            self.completion += counts[1]  # type: ignore[operator]


class Names(Counter[str]):
    """Counts by name; names beyond the first thousand are counted together."""

    def add(self, name: str, count: int = 1) -> None:
        """Count one."""
        self[name if name in self or len(self) < _MOST_NAMES else OTHER] += count


@dataclass(slots=True)
class Rows:
    """All rows of a report: counts of all, and of many those that are drawn by their prompt."""

    most: int
    seen: dict[Kind, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Keys by stage."""
    prompts: dict[Kind, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Prompts by stage."""
    answers: set[int] = field(default_factory=set)
    """Prompts with a good answer."""
    types: dict[Kind, Names] = field(default_factory=lambda: defaultdict(Names))
    failing: dict[str, Names] = field(default_factory=lambda: defaultdict(Names))
    """Dropped rows by check and type."""
    failures: dict[tuple[str, bool], Names] = field(default_factory=lambda: defaultdict(Names))
    """Failed rows by stage, whether the model declined, and reason."""
    tokens: dict[tuple[str, str], Tokens] = field(default_factory=lambda: defaultdict(Tokens))
    """By `type` or `source`, and name; by `sample` those of good answers."""
    left_out: int = 0
    """Rows that are counted and not shown."""
    _kept: dict[int, Entry] = field(default_factory=dict)
    _below: int = 1 << 64
    _paid: set[int] = field(default_factory=set)
    _sampled: set[int] = field(default_factory=set)

    def add(self, kind: Kind, data: Mapping[str, Any], file: str, line: int) -> None:
        """Take in a line.

        Raises:
            RowError: it lacks a part, or a part has the wrong type.
        """
        if kind == "failure":
            self._add_failure(data, file, line)
            return
        for entry in _entries(kind, data, file, line):
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        new = entry.key not in self.seen[entry.stage]
        self.seen[entry.stage].add(entry.key)
        self.prompts[entry.stage].add(entry.drawn)
        if new:
            self.types[entry.stage].add(entry.type or UNTYPED)
            self._count_checks(entry)
        if entry.good is not None:
            self.answers.add(_hash(entry.drawn, entry.good))
        self._pay(entry)
        if entry.drawn >= self._below:
            return
        if known := self._kept.get(entry.key):
            known.merge(entry)
            return
        self._kept[entry.key] = entry
        if len(self._kept) > self.most * _SLACK:
            self._shrink()

    def _count_checks(self, entry: Entry) -> None:
        if entry.stage == "dropped":
            for name, check in (entry.checks or {}).items():
                if isinstance(check, Mapping) and check.get("verdict") == "fail":
                    self.failing[label(name)].add(entry.type or UNTYPED)

    def _pay(self, entry: Entry) -> None:
        """Count the tokens behind a row once, and those behind an answer once for all its rows."""
        if entry.error and entry.key not in self._paid:
            self._paid.add(entry.key)
            self.tokens["type", entry.type or UNTYPED].add(entry.error.get("usage"))
            self.tokens["source", entry.source or ""].add(entry.error.get("usage"))
        if entry.sample and entry.good is not None:
            answer = _hash(entry.drawn, entry.good)
            if answer not in self._sampled:
                self._sampled.add(answer)
                self.tokens["sample", ""].add(entry.sample.get("usage"))

    def _add_failure(self, data: Mapping[str, Any], file: str, line: int) -> None:
        stage, reason = label(str(data["stage"])), str(data["reason"])
        declined = data.get("declined") is True
        self.failures[stage, declined].add(_short(reason))
        row = data["row"]
        try:
            found = read_row(row)
        except RowError:  # that is why it failed
            return
        good = found.response
        entry = Entry(
            key=_key(found.messages, good, None, stage, str(data.get("error_type"))),
            drawn=_prompt_hash(found.messages),
            prompt=found.messages,
            good=good,
            bad=None,
            stage="failure",
            places=[f"{file}:{line}"],
            id=found.id,
            type=error_type_of(data),
            source=_source(row) or file,
            named_source=_source(row) is not None,
            failed=f"{'declined' if declined else 'failed'} in {stage}: {reason}",
        )
        self._add(entry)

    def entries(self) -> list[Entry]:
        """Rows to show, those of a prompt together, in the order of reading. Comes last.

        A prompt or an answer is not shown beside the rows that were made of it.
        """
        self._shrink()
        pairs = [entry for entry in self._kept.values() if entry.bad is not None]
        used = {_hash(entry.drawn, entry.good) for entry in pairs if entry.good is not None}
        asked = {entry.drawn for entry in self._kept.values() if entry.stage != "prompt"}
        groups: dict[int, list[Entry]] = defaultdict(list)
        for entry in self._kept.values():
            bare = entry.bad is None and entry.good is not None
            if bare and entry.stage == "answer" and _hash(entry.drawn, entry.good) in used:
                continue
            if entry.stage == "prompt" and entry.drawn in asked:
                continue
            groups[entry.drawn].append(entry)
        return [entry for group in groups.values() for entry in group]

    def _shrink(self) -> None:
        if len(self._kept) <= self.most:
            return
        order = sorted(self._kept.values(), key=lambda entry: (entry.drawn, entry.key))
        self._below = order[self.most].drawn
        gone = [entry.key for entry in order if entry.drawn >= self._below]
        if len(gone) == len(order):  # one prompt alone has more
            gone = [entry.key for entry in order[self.most :]]
        for key in gone:
            del self._kept[key]
        self.left_out += len(gone)


def _entries(kind: Kind, data: Mapping[str, Any], file: str, line: int) -> list[Entry]:
    where = f"{file}:{line}"
    if kind in ("prompt", "answer"):
        row = read_row(data)
        sides: list[tuple[tuple[Message, ...], str | None, str | None, Pair | None]]
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
                key=_key(prompt, good, bad),
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
            )
        )
    return found


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
    data: Mapping[str, Any], checks: Mapping[str, Any] | None, pair: Pair | None
) -> float | None:
    """By how much the good answer leads: as a column, as scores of both sides, or as judged."""
    if pair and data.get("margin") is not None:
        return pair.margin
    scores = [data.get(name) for name in ("score_chosen", "score_rejected")]
    if all(_is_number(score) for score in scores):
        return float(scores[0] - scores[1])  # type: ignore[operator]
    judged = _object((checks or {}).get("judge")) or {}
    value = (_object(judged.get("value")) or {}).get("margin")
    return float(value) if _is_number(value) else None  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _prompt_hash(prompt: Sequence[Message]) -> int:
    return _hash(*(exact(turn.key) for turn in prompt))


def _key(prompt: Sequence[Message], *parts: str | None) -> int:
    return _hash(_prompt_hash(prompt), *parts)


def _hash(*parts: str | int | None) -> int:
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = b"-" if part is None else str(part).encode(errors="surrogatepass")
        found.update(b"%d:" % len(data) + data)
    return int.from_bytes(found.digest(), "big")


def _short(reason: str) -> str:
    """A reason in one line: they may quote whole answers."""
    line = reason.partition("\n")[0]
    return line if len(line) <= 120 else f"{line[:119]}…"
