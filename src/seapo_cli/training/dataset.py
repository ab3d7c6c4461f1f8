"""The pairs of a run: read, tokenized, split by prompt, and separated from unusable rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from seapo_cli.exceptions import SeapoError
from seapo_cli.formats.reader import BadRow, PreferencePair, read_pairs
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Output
from seapo_cli.options import TrainSettings
from seapo_cli.training.spans import Weighting
from seapo_cli.training.tokens import (
    Chat,
    Example,
    Limits,
    Tokenized,
    Weights,
    branch,
    tokenize,
)

_ERRORS_FILE = "errors.jsonl"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Split:
    """Training rows come first, then the held-out ones; all are numbered through."""

    data: Tokenized
    training: int
    """How many rows are trained on."""
    bad_rows: int
    notes: tuple[str, ...]
    """What the user should know about the data."""

    @property
    def held_out(self) -> range:
        """Indices of the rows for evaluation."""
        return range(self.training, len(self.data.examples))


def load(settings: TrainSettings, tokenizer: Any, pairs_only: bool, writes: bool) -> Split:
    """Read and tokenize all pairs; rows that cannot be used go to `errors.jsonl`.

    Raises:
        UsageError: a file cannot be opened.
        SeapoError: nothing is left to train on, or to evaluate on.
    """
    found = list(read_pairs(settings.files))
    bad = [row for row in found if isinstance(row, BadRow)]
    pairs = [row for row in found if isinstance(row, PreferencePair)]
    if settings.eval_file is not None:
        others = list(read_pairs([settings.eval_file]))
        bad += [row for row in others if isinstance(row, BadRow)]
        train, held = pairs, [row for row in others if isinstance(row, PreferencePair)]
    else:
        train, held = _by_prompt(pairs, settings)
    if pairs_only:
        train, held = (_paired(rows, settings.loss, bad) for rows in (train, held))
    chat, limits = Chat(tokenizer), Limits(settings.max_length, settings.too_long)
    weighting = Weighting.of(settings)
    train_data, held_data = (tokenize(rows, chat, limits, weighting) for rows in (train, held))
    data = train_data + held_data
    bad += [_bad(pair, reason) for pair, reason in data.refused]
    if writes and bad:
        _write(bad, settings)
    notes = _notes(bad, data, settings)
    if not train_data.examples:
        raise SeapoError("; ".join([f"no pair to train on in {len(found)} rows", *notes]))
    if settings.evaluates and not held_data.examples:
        raise SeapoError("; ".join(["no pair to evaluate with", *notes]))
    return Split(data, len(train_data.examples), len(bad), tuple(notes))


def _by_prompt(
    pairs: list[PreferencePair], settings: TrainSettings
) -> tuple[list[PreferencePair], list[PreferencePair]]:
    """Hold out a share of whole prompts: none is on both sides."""
    if not settings.eval_split:
        return pairs, []
    names = [repr(pair.prompt) for pair in pairs]
    order = sorted(
        set(names), key=lambda name: hashlib.blake2b(f"{settings.seed} {name}".encode()).digest()
    )
    held = set(order[: max(1, round(settings.eval_split * len(order)))])
    return (
        [pair for pair, name in zip(pairs, names, strict=True) if name not in held],
        [pair for pair, name in zip(pairs, names, strict=True) if name in held],
    )


def _paired(pairs: list[PreferencePair], loss: str, bad: list[BadRow]) -> list[PreferencePair]:
    """Those with both sides; the others are bad rows for this loss."""
    single = [pair for pair in pairs if pair.chosen is None or pair.rejected is None]
    reason = f"a single judged answer: --loss {loss} needs both sides, --loss kto does not"
    bad += [_bad(pair, reason) for pair in single]
    return [pair for pair in pairs if pair.chosen is not None and pair.rejected is not None]


def _bad(pair: PreferencePair, reason: str) -> BadRow:
    file, _, line = pair.where.rpartition(":")
    return BadRow(file, int(line), reason)


def _write(bad: Sequence[BadRow], settings: TrainSettings) -> None:
    with Output(str(settings.output_dir / _ERRORS_FILE)) as output:
        for row in bad:
            output.write(encode({"file": row.file, "line": row.line, "reason": row.reason}))


def _notes(bad: Sequence[BadRow], data: Tokenized, settings: TrainSettings) -> list[str]:
    notes = [f"{row.file}:{row.line}: {row.reason}" for row in bad[:_SHOWN]]
    if len(bad) > _SHOWN:
        notes.append(f"... {len(bad):,} bad rows in all: {settings.output_dir / _ERRORS_FILE}")
    counts = data.counts
    if counts["truncated"]:
        notes.append(f"{counts['truncated']:,} pairs cut at --max-length {settings.max_length}")
    if counts["too_long"]:
        notes.append(
            f"{counts['too_long']:,} pairs dropped: over --max-length {settings.max_length}"
        )
    if counts["equal"]:
        notes.append(f"{counts['equal']:,} pairs have two equal sides and teach nothing")
    if counts["unknown_spans"]:
        notes.append(
            f"{counts['unknown_spans']:,} pairs are weighted evenly: the chat template changes "
            "their answers, so that what was changed cannot be found"
        )
    return notes


def mismatched(examples: Sequence[Example], max_length: int) -> tuple[Example, ...]:
    """Each prompt with the answers of another row: what KTO estimates its KL term on.

    The partner is the next row with another prompt, fixed for the run so that the reference's
    values can be kept; TRL and the paper take the next row of the batch.
    """
    found = []
    for row, example in enumerate(examples):
        others = (examples[(row + step) % len(examples)] for step in range(1, len(examples)))
        partner = next((other for other in others if other.prompt != example.prompt), example)
        room = max_length - len(example.prompt)
        sides = (None if side is None else side[:room] for side in partner.answer)
        cut = branch(example.prompt, *sides)
        if (weights := partner.weights) is not None:
            cut = replace(
                cut,
                weights=Weights(
                    weights.shared,
                    weights.chosen[: len(cut.chosen or ())],
                    weights.rejected[: len(cut.rejected or ())],
                ),
            )
        found.append(cut)
    return tuple(found)
