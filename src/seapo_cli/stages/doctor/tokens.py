"""Pairs as the token ids that a trainer would make of them, and how long they are."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from seapo_cli.exceptions import RowError
from seapo_cli.formats.reader import PreferencePair
from seapo_cli.training.tokens import Chat, Example, Ids, Limits, branch, tokenize

_UNLIMITED = 2**31
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is distributed."""

    least: float
    median: float
    most_95: float
    """95% are not above it."""
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """None of nothing."""
        found = sorted(values)
        if not found:
            return None
        place = math.ceil(0.95 * len(found)) - 1
        return cls(found[0], median(found), found[place], found[-1])


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of all pairs that could be tokenized."""

    pairs: int
    lengths: dict[str, Spread | None]
    """Tokens of `prompt`, `chosen`, `rejected` (their ends included), and of `both`: prompt and
    longer answer."""
    shared: Spread | None
    """Which part of the longer answer both sides begin with, from 0 to 1."""
    cut: int
    """Pairs over the limit."""
    lost: int
    """Those of them in which nothing different is left."""
    equal: int
    refused: int
    shown_refused: Sequence[str]
    doubled_bos: int
    without_bos: int
    """Pairs that do not begin with the token that the tokenizer puts first."""
    changed: int
    """Pairs with an answer that the template does not render as it is."""
    steering: int
    """Pairs whose own words hold a special token's text."""


def measure(
    pairs: Sequence[PreferencePair],
    tokenizer: Any,
    max_length: int,
    *,
    templated: bool = True,
    begins: bool = True,
) -> Measured:
    """Tokenize as the trainer does: by the chat template, or text after text.

    `begins`: whether texts get the token that the tokenizer puts first.
    """
    chat = Chat(tokenizer)
    if templated:
        data = tokenize(pairs, chat, Limits(_UNLIMITED, "truncate"))
        examples, kept, refused = data.examples, data.pairs, data.refused
    else:
        kept = tuple(pairs)
        examples, refused = tuple(_plain(pair, tokenizer, begins) for pair in kept), ()
    sides = [[side for side in example.answer if side is not None] for example in examples]
    whole = [len(e.prompt) + max(map(len, s)) for e, s in zip(examples, sides, strict=True)]
    same = [len(example.prompt) + len(example.shared) for example in examples]
    bos = _first_token(tokenizer)
    starts = [example.prompt[:2].tolist() for example in examples]
    words = _special_texts(tokenizer)
    return Measured(
        pairs=len(examples),
        lengths={
            "prompt": Spread.of(len(example.prompt) for example in examples),
            "chosen": _lengths(example.answer[0] for example in examples),
            "rejected": _lengths(example.answer[1] for example in examples),
            "both": Spread.of(whole),
        },
        shared=Spread.of(
            len(example.shared) / max(map(len, both))
            for example, both in zip(examples, sides, strict=True)
            if len(both) == 2
        ),
        cut=sum(length > max_length for length in whole),
        lost=sum(
            length > max_length and at >= max_length for length, at in zip(whole, same, strict=True)
        ),
        equal=sum(pair.chosen == pair.rejected for pair in pairs),
        refused=len(refused),
        shown_refused=[f"{pair.where}: {reason}" for pair, reason in refused[:_SHOWN]],
        doubled_bos=sum(start == [bos, bos] for start in starts),
        without_bos=sum(bos is not None and start[:1] != [bos] for start in starts),
        changed=sum(_changed(pair, chat) for pair in kept) if templated else 0,
        steering=sum(bool(words and words.search(_text(pair))) for pair in pairs),
    )


def _lengths(sides: Iterable[Ids[int] | None]) -> Spread | None:
    return Spread.of(len(side) for side in sides if side is not None)


def _plain(pair: PreferencePair, tokenizer: Any, begins: bool) -> Example:
    """Prompt and answer one after the other, the tokenizer's end token after them."""
    text = pair.prompt[-1].content
    prompt = array("i", tokenizer.encode(text, add_special_tokens=begins))
    chosen, rejected = (
        None
        if answer is None
        else array("i", tokenizer.encode(answer, add_special_tokens=False))
        + array("i", [tokenizer.eos_token_id])
        for answer in (pair.chosen, pair.rejected)
    )
    return branch(prompt, chosen, rejected)


def _first_token(tokenizer: Any) -> int | None:
    """The token that the tokenizer itself puts before any text."""
    first: list[int] = tokenizer.encode("a")[:1]
    return first[0] if first == [tokenizer.bos_token_id] else None


def _special_texts(tokenizer: Any) -> re.Pattern[str] | None:
    texts = [one for one in tokenizer.all_special_tokens if len(one) > 1]
    added = tokenizer.added_tokens_decoder.values()
    texts += [token.content for token in added if token.special and len(token.content) > 1]
    return re.compile("|".join(map(re.escape, sorted(set(texts))))) if texts else None


def _text(pair: PreferencePair) -> str:
    said = [turn.content for turn in pair.prompt]
    return "\n".join([*said, pair.chosen or "", pair.rejected or ""])


def _changed(pair: PreferencePair, chat: Chat) -> bool:
    prompt = chat.prompt(pair.prompt, pair.tools)
    for answer in (pair.chosen, pair.rejected):
        try:
            if answer and answer.strip() not in chat.answered(
                pair.prompt, prompt, answer, pair.tools
            ):
                return not _calls(answer)
        except RowError:
            return False
    return False


def _calls(answer: str) -> bool:
    """Tool calls are rendered in each template's own way."""
    return type(answer) is not str
