"""Pairs to token ids: the chat template, the boundary to the answer, and the branch point."""

from __future__ import annotations

import hashlib
import logging
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seapo_cli.calls import Called, Tool
from seapo_cli.errors import RowError
from seapo_cli.pairs import Pair
from seapo_cli.records import Message

Ids = array  # array("i"): a 60,000-pair data set stays small


@dataclass(frozen=True, slots=True)
class Example:
    """One pair as token ids, split where its sides part.

    The chosen sequence is `prompt + shared + chosen`, the rejected one `prompt + shared +
    rejected`. A side that the row does not have is None; then nothing is shared.
    """

    prompt: Ids[int]
    shared: Ids[int]
    chosen: Ids[int] | None
    rejected: Ids[int] | None

    @property
    def tokens(self) -> int:
        """Tokens of both sequences with the common part counted once."""
        sides = len(self.chosen or ()) + len(self.rejected or ())
        return len(self.prompt) + len(self.shared) + sides

    @property
    def answer(self) -> tuple[Ids[int] | None, Ids[int] | None]:
        """The whole completions, chosen and rejected."""
        sides = (self.chosen, self.rejected)
        first, second = (None if side is None else self.shared + side for side in sides)
        return first, second


class Chat:
    """A tokenizer with its chat template, for prompts and completions."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder
        self._special = {number for number, token in added.items() if token.special}
        self._special |= set(tokenizer.all_special_ids)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The rendered conversation with the tools on offer, up to where the answer begins.

        Raises:
            RowError: the template refuses it, or leaves the tools out.
        """
        text = self._render(messages, tools, add_generation_prompt=True)
        if tools and text == self._render(messages, add_generation_prompt=True):
            raise RowError(
                "the chat template takes no tools; give one that does with --chat-template"
            )
        return text

    def completion(
        self, messages: Sequence[Message], prompt: str, answer: str, tools: Sequence[Tool] = ()
    ) -> Ids[int]:
        """Token ids of the answer, ending with the model's end-of-turn token.

        Tokenized apart from the prompt, as at generation, so that no token spans the boundary.

        Raises:
            RowError: the template renders the prompt differently once an answer follows, or
                leaves tool calls out.
        """
        whole = self._render([*messages, Message.of(answer)], tools)
        if not whole.startswith(prompt):
            raise RowError(
                "the chat template changes the prompt once an answer follows; "
                "give a plainer one with --chat-template"
            )
        text = whole.removeprefix(prompt)
        if isinstance(answer, Called) and not all(call.name in text for call in answer.calls):
            raise RowError(
                "the chat template takes no tool calls; give one that does with --chat-template"
            )
        return self._ended(self.ids(text))

    def ids(self, text: str) -> Ids[int]:
        """Token ids of rendered text: the template has put all special tokens in."""
        return array("i", self._tokenizer.encode(text, add_special_tokens=False))

    def _render(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        add_generation_prompt: bool = False,
    ) -> str:
        from jinja2 import TemplateError

        turns = [message.dump("object") for message in messages]
        try:
            text: str = self._tokenizer.apply_chat_template(
                turns,
                tools=list(tools) or None,
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
            )
        except TemplateError as error:
            raise RowError(f"the chat template refuses it: {error}") from None
        return text

    def _ended(self, ids: Ids[int]) -> Ids[int]:
        """Cut off what the template puts after the end of turn; end so where it puts nothing."""
        last = max((place for place, one in enumerate(ids) if one in self._special), default=None)
        if last is not None and not self._tokenizer.decode(ids[last + 1 :].tolist()).strip():
            return ids[: last + 1]
        return ids + array("i", [self._tokenizer.eos_token_id])


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest sequence, and what becomes of longer ones."""

    max_length: int
    too_long: Literal["truncate", "drop"]


@dataclass(frozen=True, slots=True)
class Tokenized:
    """A data set ready for training; the two lists go together."""

    pairs: tuple[Pair, ...]
    examples: tuple[Example, ...]
    counts: Counter[str]
    """How many rows were `truncated`, dropped as `too_long`, or have `equal` sides."""
    refused: tuple[tuple[Pair, str], ...]
    """Pairs that could not be tokenized, and why."""

    def digest(self) -> str:
        """Hash of all token ids, and of where one part ends and the next begins."""
        return digest(self.examples)


def digest(examples: Iterable[Example]) -> str:
    """Hash of examples, parts kept apart."""
    found = hashlib.blake2b(digest_size=16)
    for example in examples:
        for part in (example.prompt, example.shared, example.chosen, example.rejected):
            found.update(b"-" if part is None else len(part).to_bytes(4, "little"))
            found.update(part or b"")
    return found.hexdigest()


def tokenize(pairs: Iterable[Pair], chat: Chat, limits: Limits) -> Tokenized:
    """Token ids of all pairs that fit.

    A pair whose prompt alone is too long, or whose sides only differ past the limit, is
    dropped also under `truncate`: nothing could be learnt from what is left.
    """
    # Longer than the model's own limit is this module's business, not a warning for each row.
    logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
    kept: list[tuple[Pair, Example]] = []
    refused: list[tuple[Pair, str]] = []
    counts: Counter[str] = Counter()
    for pair in pairs:
        try:
            example = _example(pair, chat, limits, counts)
        except RowError as error:
            refused.append((pair, str(error)))
            continue
        if example is not None:
            kept.append((pair, example))
    return Tokenized(
        tuple(pair for pair, _ in kept), tuple(e for _, e in kept), counts, tuple(refused)
    )


def _example(pair: Pair, chat: Chat, limits: Limits, counts: Counter[str]) -> Example | None:
    text = chat.prompt(pair.prompt, pair.tools)
    prompt = chat.ids(text)
    sides = [
        None if answer is None else chat.completion(pair.prompt, text, answer, pair.tools)
        for answer in (pair.chosen, pair.rejected)
    ]
    room = limits.max_length - len(prompt)
    if any(side is not None and len(side) > room for side in sides):
        cut = [None if side is None else side[: max(0, room)] for side in sides]
        differed = sides[0] != sides[1]
        sides = cut
        if limits.too_long == "drop" or room <= 0 or (differed and sides[0] == sides[1]):
            counts["too_long"] += 1
            return None
        counts["truncated"] += 1
    counts["equal"] += sides[0] == sides[1]
    return branch(prompt, *sides)


def branch(prompt: Ids[int], chosen: Ids[int] | None, rejected: Ids[int] | None) -> Example:
    """Split a pair at the first token in which its completions differ."""
    if chosen is None or rejected is None:
        return Example(prompt, array("i"), chosen, rejected)
    pairs = enumerate(zip(chosen, rejected, strict=False))
    shorter = min(len(chosen), len(rejected))
    at = next((place for place, (one, other) in pairs if one != other), shorter)
    return Example(prompt, chosen[:at], chosen[at:], rejected[at:])
