"""Distinct rows, whichever files they are in, and counts of all of them.

A row goes through several files: what `inject` wrote is in `filter`'s output again, and as a pair
in the trainer's format. Prompt and answers tell that it is the same: it is counted and shown once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from seapo_cli.exceptions import RowError
from seapo_cli.report.entry import UNTYPED, Entry, hash_of, read_entries, read_failure
from seapo_cli.report.kinds import Kind
from seapo_cli.text.safe import label

_SLACK = 1.25
"""How far the limit is exceeded before rows are discarded, so that this happens rarely."""
_MOST_NAMES = 1000
"""Beyond this many types, sources or reasons, they are counted together."""
OTHER = "(other)"


@dataclass(slots=True)
class Tokens:
    """The cost of the requests behind some rows."""

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
    failing: dict[str, Names] = field(default_factory=lambda: defaultdict(Names))
    """Dropped rows by check and type."""
    failures: dict[tuple[str, bool], Names] = field(default_factory=lambda: defaultdict(Names))
    """Failed rows by stage, whether the model declined, and reason."""
    tokens: dict[tuple[str, str], Tokens] = field(default_factory=lambda: defaultdict(Tokens))
    """By `type` or `source`, and name; by `sample` those of good answers."""
    verdicts: dict[int, str] = field(default_factory=dict)
    """Of people, by key."""
    _types: dict[int, str] = field(default_factory=dict)
    """By key: other files may not tell the type again, nor the source."""
    _sources: dict[int, str] = field(default_factory=dict)
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
        for entry in read_entries(kind, data, file, line):
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        new = entry.key not in self.seen[entry.stage]
        self.seen[entry.stage].add(entry.key)
        self.prompts[entry.stage].add(entry.drawn)
        if entry.type:
            self._types[entry.key] = entry.type
        if entry.source and (entry.named_source or entry.key not in self._sources):
            self._sources[entry.key] = entry.source
        if entry.verdict:
            self.verdicts.setdefault(entry.key, entry.verdict)
        if new:
            self._count_checks(entry)
        if entry.good is not None:
            self.answers.add(hash_of(entry.drawn, entry.good))
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
            answer = hash_of(entry.drawn, entry.good)
            if answer not in self._sampled:
                self._sampled.add(answer)
                self.tokens["sample", ""].add(entry.sample.get("usage"))

    def _add_failure(self, data: Mapping[str, Any], file: str, line: int) -> None:
        stage, reason = label(str(data["stage"])), str(data["reason"])
        declined = data.get("declined") is True
        self.failures[stage, declined].add(_short(reason))
        with suppress(RowError):  # that is why it failed
            self._add(read_failure(data, file, line))

    @property
    def left_out(self) -> int:
        """Rows that are counted and not shown."""
        return len(set().union(*self.seen.values())) - len(self._kept)

    def counts(self, stage: Kind, by: Literal["type", "source"]) -> Names:
        """How many rows of a stage there are of each type or source, by what any file says."""
        known, none = (self._types, UNTYPED) if by == "type" else (self._sources, "")
        found = Names()
        for key in self.seen.get(stage, ()):
            found.add(known.get(key, none))
        return found

    def reviews(self) -> dict[str, Counter[str]]:
        """Verdicts of people by type, by what any file says."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for key, verdict in self.verdicts.items():
            found[self._types.get(key, UNTYPED)][verdict] += 1
        return found

    def entries(self) -> list[Entry]:
        """Rows to show, those of a prompt together, in the order of reading. Comes last.

        Pairs come first, then answers without one, then what failed.

        A prompt or an answer is not shown beside the rows that were made of it.
        """
        self._shrink()
        entries = self._kept.values()
        made = [entry for entry in entries if entry.stage not in ("prompt", "answer")]
        used = {hash_of(one.drawn, one.good) for one in made if one.good is not None}
        asked = {entry.drawn for entry in entries if entry.stage != "prompt"}
        groups: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.stage == "answer" and hash_of(entry.drawn, entry.good) in used:
                continue
            if entry.stage == "prompt" and entry.drawn in asked:
                continue
            groups[entry.drawn].append(entry)
        found = [entry for group in groups.values() for entry in group]
        return sorted(found, key=lambda entry: (entry.bad is None, entry.stage == "failure"))

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


def _short(reason: str) -> str:
    """A reason in one line: they may quote whole answers."""
    line = reason.partition("\n")[0]
    return line if len(line) <= 120 else f"{line[:119]}…"
