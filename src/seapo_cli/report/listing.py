"""Rows as the page's script reads them: texts are safe to show, and cut where nobody reads on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from seapo_cli.calls import Called
from seapo_cli.records import Message
from seapo_cli.report.loose import amount, mapping, name
from seapo_cli.report.measures import Measured
from seapo_cli.report.rows import OTHER, UNTYPED, Entry
from seapo_cli.safe_text import label, safe

_STAGES = {
    "prompt": "prompt",
    "answer": "answer",
    "failure": "failed",
    "negative": "negative",
    "dropped": "dropped",
    "kept": "kept",
    "pair": "pair",
}
_LONGEST = 12_000
"""Characters of a stretch of text; what is more is cut out of its middle."""
_MOST_PIECES = 3 * 400
_SNIPPET = 60
_MOST_NAMES = 60
"""Of types, sources and checks to filter by."""
_VERDICTS = ("pass", "fail", "skip")

Listed = Sequence[tuple[Entry, Measured | None]]


def listing(rows: Listed) -> bytes:
    """JSON that cannot end the element that it stands in, whatever the texts are."""
    types = _Names(UNTYPED)
    sources, checks = _Names(""), _Names("")
    stages = list(_STAGES.values())
    found = [_row(entry, measured, types, sources, checks, stages) for entry, measured in rows]
    data = {
        "types": types.names,
        "sources": sources.names,
        "checks": checks.names,
        "stages": stages,
        "rows": found,
    }
    # In JSON these characters stand in strings only, so that the escape means the same.
    return (
        orjson.dumps(data)
        .replace(b"<", b"\\u003c")
        .replace(b">", b"\\u003e")
        .replace(b"&", b"\\u0026")
        .replace("\u2028".encode(), b"\\u2028")
        .replace("\u2029".encode(), b"\\u2029")
    )


class _Names:
    """Names by number; those beyond a limit share one."""

    def __init__(self, none: str) -> None:
        self._none = none
        self._places: dict[str, int] = {}
        self.names: list[str] = []

    def __call__(self, value: str | None) -> int:
        """The number of a name."""
        text = label(value or self._none)
        if text not in self._places and len(self.names) >= _MOST_NAMES:
            text = OTHER
        if text not in self._places:
            self._places[text] = len(self.names)
            self.names.append(text)
        return self._places[text]


def _row(
    entry: Entry,
    measured: Measured | None,
    types: _Names,
    sources: _Names,
    checks: _Names,
    stages: list[str],
) -> list[Any]:
    """The row's columns, in the order that the script names."""
    found = _checks(entry.checks, checks)
    verdicts = {verdict for _, verdict, *_ in found}
    verdict = 1 if 1 in verdicts else 0 if 0 in verdicts else 2 if 2 in verdicts else 3
    return [
        f"{entry.key:016x}",
        label(entry.id or ""),
        types(entry.type),
        stages.index(_STAGES[entry.stage]),
        sources(entry.source),
        verdict,
        [[turn.role, _cut(_said(turn))] for turn in entry.prompt],
        _pieces(entry, measured),
        _snippet(entry, measured),
        found,
        _facts(entry, measured),
        [safe(place) for place in entry.places[:20]],
        _likeness(measured),
    ]


def _said(turn: Message) -> str:
    answer = turn.answer
    return str(answer) if isinstance(answer, Called) else turn.content


def _likeness(measured: Measured | None) -> float | None:
    return round(measured.similarity, 4) if measured else None


def _cut(text: str) -> str:
    """A text that can be shown, without its middle where it is very long."""
    if len(text) <= _LONGEST:
        return safe(text)
    half = _LONGEST // 2
    gone = len(text) - 2 * half
    return f"{safe(text[:half])}\n⋯ {gone:,} characters left out ⋯\n{safe(text[-half:])}"


def _pieces(entry: Entry, measured: Measured | None) -> list[str]:
    """The good answer with the bad one's edits: alternately what is the same, removed and added.

    With one side only, that side alone.
    """
    if measured is None:
        text = entry.good if entry.good is not None else entry.bad
        return [] if text is None else [_cut(text)]
    good = entry.good or ""
    pieces: list[str] = []
    position = 0
    for edit in measured.edits:
        if len(pieces) >= _MOST_PIECES:
            break
        pieces += [_cut(good[position : edit.start]), _cut(edit.original), _cut(edit.replacement)]
        position = edit.end
    if (more := len(measured.edits) - len(pieces) // 3) > 0:
        return [*pieces, f"\n⋯ {more:,} more edits are not shown ⋯\n"]
    return [*pieces, _cut(good[position:])]


def _snippet(entry: Entry, measured: Measured | None) -> list[str]:
    """The first edit in short: what was there, and what is there now."""
    if not measured or not measured.edits:
        return []
    edit = measured.edits[0]
    return [_short(edit.original), _short(edit.replacement)]


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _SNIPPET].split())
    return safe(line if len(line) <= _SNIPPET else f"{line[: _SNIPPET - 1]}…")


def _checks(checks: Mapping[str, Any] | None, names: _Names) -> list[list[Any]]:
    """Number of the check, its verdict, value and reason; those that pass without more in short."""
    found: list[list[Any]] = []
    for check, said in (checks or {}).items():
        verdict = mapping(said).get("verdict")
        if verdict not in _VERDICTS:
            continue
        line: list[Any] = [names(check), _VERDICTS.index(verdict)]
        value, reason = _value(mapping(said).get("value")), mapping(said).get("reason")
        if value or reason:
            line += [value, _short_reason(reason)]
        found.append(line)
    return found


def _short_reason(reason: object) -> str:
    return safe(reason[:500]) if isinstance(reason, str) else ""


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{safe(str(k))[:40]} {_value(v)}" for k, v in list(value.items())[:8])
    if isinstance(value, list):
        return ", ".join(map(_value, value[:8]))
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return safe(text[:200])


def _facts(entry: Entry, measured: Measured | None) -> list[list[str]]:
    """What else is known of the row, for people."""
    found: list[tuple[str, str]] = []
    if entry.failed:
        found.append(("not made", safe(entry.failed[:1000])))
    error, sample = entry.error, entry.sample
    if error:
        found.append(("what is wrong", _cut(str(error.get("note") or ""))))
        found.append(("made by", " · ".join(filter(None, (name(error, "model"),
                                                           name(error, "mode"))))))
        found.append(("tokens", _usage(error)))
        attempts = amount(error, "attempts")
        found.append(("attempts", f"{attempts:.0f}" if attempts and attempts > 1 else ""))
    if sample:
        found.append(("answered by", name(sample, "model")))
        found.append(("its tokens", _usage(sample)))
    if measured:
        sides = f"{measured.good:,} chosen, {measured.bad:,} rejected"
        found.append(("characters", sides))
        if measured.edits:
            count = len(measured.edits)
            at = f"{measured.position:.0%}" if measured.position is not None else "–"
            found.append(
                ("edits", f"{count:,}, the first at {at}; {measured.size:,} characters")
            )
        found.append(("similarity", f"{measured.similarity:.3f}"))
    if entry.margin is not None:
        found.append(("margin", f"{entry.margin:.4g}"))
    return [[key, value] for key, value in found if value]


def _usage(info: Mapping[str, Any]) -> str:
    asked = amount(info, "usage", "prompt_tokens")
    written = amount(info, "usage", "completion_tokens")
    if asked is None or written is None:
        return ""
    return f"{asked:,.0f} prompt, {written:,.0f} completion"
