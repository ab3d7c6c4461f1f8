"""Rows as the page's script reads them: texts are safe to show, and very long ones are cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from seapo_cli.calls import ToolAnswer
from seapo_cli.messages import Message
from seapo_cli.report.entry import REVIEWS, UNTYPED, Entry
from seapo_cli.report.loose import amount, mapping, name
from seapo_cli.report.marks import cut, pieces, snippet
from seapo_cli.report.measures import Measured
from seapo_cli.report.rows import OTHER
from seapo_cli.text.safe import label, safe

_STAGES = ("prompt", "answer", "failed", "declined", "negative", "dropped", "kept", "pair")
_MOST_NAMES = 60
"""Of types, sources and checks to filter by."""
_VERDICTS = ("pass", "fail", "skip")

Listed = Sequence[tuple[Entry, Measured | None]]


def listing(rows: Listed) -> bytes:
    """JSON that cannot close the element it is in, whatever the texts are."""
    types = _Names(UNTYPED)
    sources, checks = _Names(""), _Names("")
    found = [_row(entry, measured, types, sources, checks) for entry, measured in rows]
    data = {
        "untyped": UNTYPED,
        "types": types.names,
        "sources": sources.names,
        "checks": checks.names,
        "stages": _STAGES,
        "reviews": (*REVIEWS, "not reviewed"),
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
) -> list[Any]:
    """The row's columns, in the order that the script names."""
    found = _checks(entry.checks, checks)
    stage = {"failure": "declined" if entry.declined else "failed"}.get(entry.stage, entry.stage)
    verdicts = {verdict for _, verdict, *_ in found}
    verdict = 1 if 1 in verdicts else 0 if 0 in verdicts else 2 if 2 in verdicts else 3
    return [
        f"{entry.key:016x}",
        label(entry.id or ""),
        types(entry.type),
        _STAGES.index(stage),
        sources(entry.source),
        verdict,
        [[turn.role, cut(_said(turn))] for turn in entry.prompt],
        _answer(entry, measured),
        snippet(entry.good or "", measured.edits) if measured else [],
        found,
        _facts(entry, measured),
        [safe(place) for place in entry.places[:20]],
        _likeness(measured),
        REVIEWS.index(entry.verdict) if entry.verdict else len(REVIEWS),
    ]


def _answer(entry: Entry, measured: Measured | None) -> list[str]:
    """Pieces of a pair; of a single answer that alone."""
    if measured:
        return pieces(entry.good or "", measured.edits)
    text = entry.good if entry.good is not None else entry.bad
    return [] if text is None else [cut(text)]


def _said(turn: Message) -> str:
    answer = turn.answer
    return str(answer) if isinstance(answer, ToolAnswer) else turn.content


def _likeness(measured: Measured | None) -> float | None:
    return round(measured.similarity, 4) if measured else None


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
        found.append(("what is wrong", cut(str(error.get("note") or ""))))
        found.append(
            ("made by", " · ".join(filter(None, (name(error, "model"), name(error, "mode")))))
        )
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
            found.append(("edits", f"{count:,}, the first at {at}; {measured.size:,} characters"))
        found.append(("similarity", f"{measured.similarity:.3f}"))
    if entry.margin is not None:
        found.append(("margin", f"{entry.margin:.4g}"))
    if entry.verdict:
        found += _review(entry.review)
    return [[key, value] for key, value in found if value]


def _review(review: object) -> Iterator[tuple[str, str]]:
    """What reviewers say besides their verdict."""
    worse, count = amount(review, "worse"), amount(review, "reviewers")
    if worse is not None and count:
        yield "reviewers", f"{worse:,.0f} of {count:,.0f} say that it is worse"
    yield "type by reviewers", name(review, "type")
    if (stars := amount(review, "believable")) is not None:
        yield "believable", f"{stars:g} of 5"
    said = mapping(review).get("comments")
    comments = [text for text in said if isinstance(text, str)] if isinstance(said, list) else []
    yield "comments", "\n".join(safe(text[:1000]) for text in comments[:10])


def _usage(info: Mapping[str, Any]) -> str:
    asked = amount(info, "usage", "prompt_tokens")
    written = amount(info, "usage", "completion_tokens")
    if asked is None or written is None:
        return ""
    return f"{asked:,.0f} prompt, {written:,.0f} completion"
