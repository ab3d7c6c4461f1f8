"""What there is to show of a row, whichever stage or format it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import edits_of, single_pairs
from seapo_cli.messages import read_messages
from seapo_cli.rows import NEGATIVE_KEYS, PROMPT_KEYS, error_type_of
from seapo_cli.text.safe import printable

_GOOD = ("response", "chosen", "output", "answer", "completion")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the answer."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """A row as it is shown: all texts are safe for a terminal."""

    id: str | None
    prompt: str
    pieces: tuple[Piece, ...]
    """The good answer, with what the bad one has instead beside it."""
    label: str
    """The type of the mistake, or what is known of the answer."""
    checks: str


def read_views(data: object) -> list[View]:
    """What there is to show of one decoded JSON line: a view for each of its rejected answers.

    Raises:
        RowError: it holds no prompt and answer.
    """
    if not isinstance(data, Mapping):
        raise RowError("a row must be a JSON object")
    return [_view(one) for one in single_pairs(data)]


def _view(data: Mapping[str, Any]) -> View:
    prompt = _first(data, PROMPT_KEYS)
    if prompt is None:
        raise RowError("nothing to show: no prompt")
    return View(
        id=printable(str(data["id"])) if isinstance(data.get("id"), str | int) else None,
        prompt=printable(prompt),
        pieces=tuple(Piece(p.kind, printable(p.text)) for p in _pieces(data)),
        label=printable(error_type_of(data) or _label(data)),
        checks=printable(_checks(data.get("checks"))),
    )


def _first(data: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((_text(data[name]) for name in names if data.get(name)), None)


def _text(value: object) -> str:
    """A string, a message of either dialect, or the last message of a list."""
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, dict) and value.get("tool_calls"):
        return read_messages(value, "messages")[0].answer
    if isinstance(value, Mapping):
        value = value.get("content", value.get("value"))
    if not isinstance(value, str):
        raise RowError("nothing to show: a prompt or answer that is not text")
    return value


def _pieces(data: Mapping[str, Any]) -> tuple[Piece, ...]:
    good, bad = _first(data, _GOOD), _first(data, NEGATIVE_KEYS)
    if good is None or bad is None:
        text = good or bad
        return (Piece("same", text),) if text else ()
    pieces: list[Piece] = []
    position = 0
    for edit in edits_of(data.get("error"), good, bad):
        pieces += [
            Piece("same", good[position : edit.start]),
            Piece("removed", edit.original),
            Piece("added", edit.replacement),
        ]
        position = edit.end
    pieces.append(Piece("same", good[position:]))
    return tuple(piece for piece in pieces if piece.text)


def _label(data: Mapping[str, Any]) -> str:
    label = data.get("label")
    if isinstance(label, bool):
        return "good" if label else "bad"
    return "pair" if _first(data, NEGATIVE_KEYS) else "answer"


def _checks(checks: object) -> str:
    """The checks by verdict, with their values; those that had nothing to say are left out."""
    if not isinstance(checks, Mapping):
        return ""
    by_verdict: dict[str, list[str]] = {}
    for name, check in checks.items():
        verdict = check.get("verdict") if isinstance(check, Mapping) else None
        if not isinstance(verdict, str) or verdict == "skip":
            continue
        value, reason = check.get("value"), check.get("reason")
        text = f"{name} {value:.3g}" if isinstance(value, int | float) else name
        by_verdict.setdefault(verdict, []).append(text + (f" ({reason})" if reason else ""))
    return "; ".join(f"{verdict}: {', '.join(names)}" for verdict, names in by_verdict.items())
