"""Propose mode's answers: the JSON that a model writes, read leniently, and where its quotes occur.

A model is asked for `{"decline": "", "mistake": "...", "edits": [{"quote": ..., "replacement":
...}]}`. Not every server enforces a schema, so prose and code fences around it, a bare list,
and the back-slashes of LaTeX that JSON takes for escapes are all read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Literal

from seapo_cli.rows import Edit
from seapo_cli.text.words import WORD

MOST_EDITS = 20
"""More replacements than this are another answer, not a mistake in this one."""
_MOST_VALUES = 20
"""How many starts of JSON values are tried in a runaway answer."""

Decline = Literal["type does not fit", "answer is wrong"]
NOT_FITTING: Decline = "type does not fit"
WRONG_ANSWER: Decline = "answer is wrong"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "decline": {"type": "string", "enum": ["", NOT_FITTING, WRONG_ANSWER]},
        "mistake": {"type": "string"},
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"quote": {"type": "string"}, "replacement": {"type": "string"}},
                "required": ["quote", "replacement"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["decline", "mistake", "edits"],
    "additionalProperties": False,
}


class Unusable(Exception):
    """A proposal cannot be used; `str()` is the reason, worded for the model that made it."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is in the answer, as the model quotes it, and what is to replace it."""

    quote: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model proposes: edits, or to make none."""

    edits: tuple[Replacement, ...]
    note: str = ""
    """What becomes wrong, or why nothing is proposed, in the model's words."""
    decline: Decline | None = None


def read_proposals(text: str) -> Iterator[Proposal]:
    """The possible readings of a model's answer, the likeliest first.

    There are two if backslashes may be LaTeX's or JSON's: `"\\frac"` is a form feed and
    `rac` to a JSON parser. The one whose quotes are in the answer is right.

    Raises:
        Unusable: the answer holds no proposal.
    """
    found = [p for source in dict.fromkeys((text, _doubled(text))) if (p := _first(source))]
    if not found:
        raise Unusable("it is not the JSON that was asked for")
    yield from dict.fromkeys(found)


def _doubled(text: str) -> str:
    r"""Back-slashes that begin a LaTeX command (`\frac`, `\(`) as JSON must have them."""
    return re.sub(r'(?<!\\)\\(?=[a-zA-Z]{2}|[^\\"/bfnrtu])(?!u[0-9a-fA-F]{4})', r"\\\\", text)


def _first(text: str) -> Proposal | None:
    for value in _values(text):
        if isinstance(value, list):
            value = {"edits": value}
        if not isinstance(value, dict):
            continue
        note = value.get("mistake")
        note = " ".join(note.split()) if isinstance(note, str) else ""
        if decline := _declined(value.get("decline")):
            return Proposal((), note or str(value["decline"]), decline)
        edits = value.get("edits")
        if isinstance(edits, dict):
            edits = [edits]
        if isinstance(edits, list) and (read := _replacements(edits)):
            return Proposal(read, note)
    return None


def _values(text: str) -> Iterator[Any]:
    """The JSON objects and lists in a text, each read from where it begins."""
    decoder = json.JSONDecoder(strict=False)
    for match in islice(re.finditer(r"\{|\[\s*\{", text), _MOST_VALUES):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        yield found


def _declined(value: Any) -> Decline | None:
    if not isinstance(value, str) or value.strip().casefold() in ("", "no", "none", "null"):
        return None
    return WRONG_ANSWER if "wrong" in value.casefold() else NOT_FITTING


def _replacements(edits: Sequence[Any]) -> tuple[Replacement, ...]:
    found = []
    for edit in edits:
        quote = edit.get("quote", edit.get("original")) if isinstance(edit, dict) else None
        new = edit.get("replacement") if isinstance(edit, dict) else None
        if not isinstance(quote, str) or not isinstance(new, str):
            return ()
        found.append(Replacement(quote, new))
    return tuple(found)


def located(proposal: Proposal, response: str) -> tuple[Edit, ...]:
    """The edits behind a proposal: sorted, trimmed of what both sides share, not overlapping.

    Raises:
        Unusable: a quote is not there or not once, two edits overlap, or nothing changes.
    """
    if len(proposal.edits) > MOST_EDITS:
        raise Unusable(f"{len(proposal.edits)} replacements are too many: change less")
    text = _Text(response)
    found = sorted((text.edit(edit) for edit in proposal.edits), key=lambda e: (e.start, e.end))
    edits = [edit for edit in found if edit.original != edit.replacement]
    for first, second in pairwise(edits):
        if first.end > second.start or first.start == second.start:
            raise Unusable(
                f"the quotes of {_shown(first.original)} and {_shown(second.original)} overlap: "
                "put them into one"
            )
    if not edits:
        raise Unusable("the replacements equal what they replace")
    return tuple(edits)


_ALIKE = str.maketrans({**dict.fromkeys("‘’ʼ′", "'"), **dict.fromkeys("“”″", '"'), "−": "-"}) | {
    ord(dash): "-" for dash in "‐‑‒–"
}
"""Characters that models interchange when they quote."""


class _Text:
    """An answer in which quotes are found with all white space, quotes and dashes made equal."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded, self._at = _folded(text)

    def edit(self, wanted: Replacement) -> Edit:
        start, end = self._find(wanted.quote)
        original, quote, new = self._text[start:end], wanted.quote, wanted.replacement
        if quote[:1].isspace() != original[:1].isspace():
            quote, new = quote.lstrip(), new.lstrip()  # its outer white space was not found
        if quote[-1:].isspace() != original[-1:].isspace():
            quote, new = quote.rstrip(), new.rstrip()
        quote, new = (_in_style(text, self._text) for text in (quote, new))
        return _trimmed(start, original, quote, new)

    def _find(self, quote: str) -> tuple[int, int]:
        for wanted in dict.fromkeys((_folded(quote)[0], _folded(quote)[0].strip())):
            if not wanted.strip():
                raise Unusable("a quote is empty: quote what is to be replaced")
            spans = list(self._occurrences(wanted))
            whole = [span for span in spans if self._is_whole(*span)]
            if len(whole) == 1 or len(spans) == 1:
                start, end = (whole or spans)[0]
                return self._at[start], self._at[end - 1] + 1 if end else 0
            if spans:
                raise Unusable(
                    f"the quote {_shown(quote)} stands {len(spans)} times in the answer: quote "
                    "some of the words around the one you mean"
                )
        raise Unusable(f"the quote {_shown(quote)} is not in the answer: copy it exactly")

    def _occurrences(self, wanted: str) -> Iterator[tuple[int, int]]:
        at = self._folded.find(wanted)
        while at >= 0:
            yield at, at + len(wanted)
            at = self._folded.find(wanted, at + 1)

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether the span does not split a word or number."""
        left = self._folded[max(0, start - 2) : start + 1]
        right = self._folded[end - 1 : end + 2]
        return not _JOINED_LEFT.search(left) and not _JOINED_RIGHT.match(right)


_JOINED_LEFT = re.compile(r"[^\W_][^\W_]\Z|\d[.,]\d\Z")
_JOINED_RIGHT = re.compile(r"[^\W_][^\W_]|\d[.,]\d")


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with each run of white space one space, and where each character came from."""
    chars: list[str] = []
    at: list[int] = []
    text = text.translate(_ALIKE)
    for index, char in enumerate(text):
        if char.isspace():
            if chars and chars[-1] == " ":
                continue
            char = " "
        chars.append(char)
        at.append(index)
    return "".join(chars), at


def _in_style(new: str, response: str) -> str:
    """The replacement with the answer's own apostrophe, where it has only the curved one."""
    if "'" in new and "’" in response and "'" not in response:
        return re.sub(r"(?<=\w)'(?=\w)", "’", new)
    return new


_UNIT = re.compile(rf"\d+(?:[.,]\d+)*|{WORD.pattern}|\s+|.", re.DOTALL)


def _trimmed(start: int, original: str, quote: str, new: str) -> Edit:
    """The edit without the words and signs that both sides begin or end with.

    The replacement is compared with the quote, as the model wrote both: white space that it
    changed on purpose (a line moved out of a loop) counts, white space that it copied badly not.
    """
    old_units, new_units = _UNIT.findall(original), _UNIT.findall(new)
    quoted = _UNIT.findall(quote)
    if len(quoted) != len(old_units):
        quoted = old_units
    left = _common(quoted, new_units)
    right = _common(quoted[left:][::-1], new_units[left:][::-1])
    old = "".join(old_units[left : len(old_units) - right])
    begin = start + len("".join(old_units[:left]))
    replacement = "".join(new_units[left : len(new_units) - right])
    return Edit(start=begin, end=begin + len(old), original=old, replacement=replacement)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many first units are equal."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return json.dumps(text if len(text) <= 60 else f"{text[:57]}...", ensure_ascii=False)
