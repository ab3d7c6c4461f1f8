"""What is judged: which of the facts would spoil training, and which are good to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from seapo_cli.formats.reader import PreferencePair
from seapo_cli.stages.doctor.gather import Gathered
from seapo_cli.stages.doctor.template import Template
from seapo_cli.stages.doctor.tokens import Measured
from seapo_cli.stages.doctor.trainers import WRITTEN, Trainer
from seapo_cli.text.safe import label

MANY = 0.05
"""From this share of the pairs on, what is wrong with single ones spoils training."""

UNREAD = "unread rows"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the user should know."""

    name: str
    text: str
    spoils: bool


def of_rows(gathered: Gathered, trainer: Trainer) -> Iterator[Finding]:
    """What is wrong without a look at tokens."""
    if not gathered.pairs:
        yield Finding("no pairs", "no row holds a pair", True)
    if gathered.faults.count:
        # Others load a file as a whole, or not at all.
        spoils = trainer.name != "seapo" or _many(gathered.faults.count, gathered.rows)
        text = _share(gathered.faults.count, gathered.rows, "rows")
        yield Finding(UNREAD, f"{text} cannot be read by {trainer.name}", spoils)
    pairs = gathered.pairs
    counted = (
        ("empty sides", gathered.empty, "have an answer that says nothing"),
        ("equal sides", _equal(pairs), "have two equal answers and teach nothing"),
        ("duplicates", len(pairs) - len(_distinct(pairs)), "repeat another pair and weigh more"),
        ("contradictions", _contradicted(pairs), "prefer what another pair of the prompt rejects"),
    )
    yield from (_counted(*one, len(pairs)) for one in counted if one[1])
    for name in gathered.columns.keys() - trainer.columns.keys() - WRITTEN:
        if meant := get_close_matches(name, trainer.columns, n=1, cutoff=0.8):
            text = f"{label(name)!r} is not read: did you mean {meant[0]!r}?"
            yield Finding("column", text, False)


def of_template(
    found: Template, trainer: Trainer, eos: str, system_turns: int
) -> Iterator[Finding]:
    """What the chat template does to conversations."""
    if found.system != "kept" and system_turns:
        text = f"system turns are {found.system} by the chat template: {system_turns:,} pairs"
        yield Finding("system turns", f"{text} have one", True)
    if found.header.strip():
        text = f"the answer's header {found.header!r} is trained as part of the answer"
        yield Finding("generation prompt", text, False)
    if found.dated:
        text = "the chat template may put in the day's date: tokens change from day to day"
        yield Finding("date", text, False)
    if found.end is None:
        does = "appends nothing: no answer learns to stop"
        spoils = trainer.ends == "never"
        text = f"the chat template ends no answer; {trainer.name} "
        yield Finding("end of turn", text + (does if spoils else f"appends {eos}"), spoils)
    elif found.end != eos:
        more = f"; {trainer.name} appends a second end" if trainer.ends == "always" else ""
        text = f"answers end with {found.end}, the tokenizer's end is {eos}{more}"
        yield Finding("end of turn", f"{text}: see that generation stops at {found.end}", False)


def of_tokens(found: Measured, max_length: int) -> Iterator[Finding]:
    """What is wrong with single pairs once they are tokens."""
    counted = (
        ("refused", found.refused, "are refused by the chat template"),
        ("truncation", found.cut, f"are over --max-length {max_length}, {found.lost:,} of them "
         "with nothing different left"),
        ("doubled BOS", found.doubled_bos, "begin with two BOS tokens"),
        ("changed answers", found.changed, "have an answer that the chat template changes"),
        ("special tokens", found.steering, "hold the text of a special token"),
    )  # fmt: skip
    pairs = found.pairs + found.refused
    yield from (_counted(*one, pairs) for one in counted if one[1])
    if found.without_bos:
        text = _share(found.without_bos, pairs, "pairs")
        yield Finding("BOS", f"{text} lack the token that the tokenizer puts first", False)


def _counted(name: str, count: int, text: str, of: int) -> Finding:
    return Finding(name, f"{_share(count, of, 'pairs')} {text}", _many(count, of))


def _many(count: int, of: int) -> bool:
    return count >= MANY * of


def _share(count: int, of: int, what: str) -> str:
    return f"{count:,} of {of:,} {what} ({count / max(1, of):.1%})"


def _equal(pairs: list[PreferencePair]) -> int:
    return sum(pair.chosen == pair.rejected for pair in pairs)


def _distinct(pairs: list[PreferencePair]) -> set[tuple[str, str | None, str | None]]:
    return {(repr(pair.prompt), pair.chosen, pair.rejected) for pair in pairs}


def _contradicted(pairs: list[PreferencePair]) -> int:
    """Pairs whose better answer is the worse one of another pair."""
    worse = {(repr(pair.prompt), pair.rejected) for pair in pairs if pair.rejected is not None}
    return sum(
        pair.chosen != pair.rejected and (repr(pair.prompt), pair.chosen) in worse for pair in pairs
    )
