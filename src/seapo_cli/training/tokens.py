"""Pairs to token ids: the chat template, the boundary to the answer, and the branch point."""

from __future__ import annotations

import hashlib
import logging
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from seapo_cli.calls import Tool, ToolAnswer
from seapo_cli.exceptions import RowError, UsageError
from seapo_cli.formats.reader import PreferencePair, Span
from seapo_cli.messages import Message
from seapo_cli.training.spans import Weighting, spans_of

Ids = array  # array("i"): a 60,000-pair dataset stays small


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each token of a pair in the loss."""

    shared: float
    """Every token of the shared part: it has nothing that was changed."""
    chosen: array[float]
    rejected: array[float]


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
    weights: Weights | None = None
    """None where all tokens count alike."""

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
        self.special = {number for number, token in added.items() if token.special}
        """Ids of the tokens that steer a model, such as the end of turn."""
        self.special |= set(tokenizer.all_special_ids)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> str:
        """The rendered conversation with the tools on offer, up to where the answer begins.

        Raises:
            RowError: the template refuses it, or leaves the tools out.
        """
        text = self.render(messages, tools, add_generation_prompt=True)
        if tools and text == self.render(messages, add_generation_prompt=True):
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
        return self._ended(self.ids(self.answered(messages, prompt, answer, tools)))

    def offsets(
        self, messages: Sequence[Message], prompt: str, answer: str, tools: Sequence[Tool] = ()
    ) -> list[Span] | None:
        """The characters of the answer that each token of its completion stands for.

        Those of what the template puts after it are beyond its end. None where the template does
        not render the answer as it is.

        Raises:
            UsageError: the tokenizer cannot say.
        """
        if not self._tokenizer.is_fast:
            raise UsageError("--span-weight and --span-only need a fast tokenizer (tokenizer.json)")
        text, core = self.answered(messages, prompt, answer, tools), answer.strip()
        if core not in text:
            return None
        shift = answer.index(core) - text.index(core)
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        spans = [(start + shift, end + shift) for start, end in found["offset_mapping"]]
        return [*spans, (len(text) + shift, len(text) + shift + 1)]  # an end that is put after it

    def answered(
        self, messages: Sequence[Message], prompt: str, answer: str, tools: Sequence[Tool]
    ) -> str:
        """What the template renders after the prompt where an answer follows.

        Raises:
            RowError: as `completion` does.
        """
        whole = self.render([*messages, Message.of(answer)], tools)
        if not whole.startswith(prompt):
            raise RowError(
                "the chat template changes the prompt once an answer follows; "
                "give a plainer one with --chat-template"
            )
        text = whole.removeprefix(prompt)
        if isinstance(answer, ToolAnswer) and not all(call.name in text for call in answer.calls):
            raise RowError(
                "the chat template takes no tool calls; give one that does with --chat-template"
            )
        return text

    def ids(self, text: str) -> Ids[int]:
        """Token ids of rendered text: the template has put all special tokens in."""
        return array("i", self._tokenizer.encode(text, add_special_tokens=False))

    def render(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        add_generation_prompt: bool = False,
    ) -> str:
        """The conversation as the template writes it.

        Raises:
            RowError: the template refuses it.
        """
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
        last = max((place for place, one in enumerate(ids) if one in self.special), default=None)
        if last is not None and not self._tokenizer.decode(ids[last + 1 :].tolist()).strip():
            return ids[: last + 1]
        return ids + array("i", [self._tokenizer.eos_token_id])


@dataclass(frozen=True, slots=True)
class Limits:
    """The maximum sequence length, and what to do with longer ones."""

    max_length: int
    too_long: Literal["truncate", "drop"]


@dataclass(frozen=True, slots=True)
class Tokenized:
    """A dataset ready for training; the lists are parallel."""

    pairs: tuple[PreferencePair, ...]
    examples: tuple[Example, ...]
    groups: tuple[int, ...]
    """The number of each pair's row: pairs of one row are a group, and stand side by side."""
    counts: Counter[str]
    """How many rows were `truncated`, dropped as `too_long`, have `equal` sides, or spans that
    could not be found in the rendered text (`unknown_spans`)."""
    refused: tuple[tuple[PreferencePair, str], ...]
    """Pairs that could not be tokenized, and why."""

    def __add__(self, other: Tokenized) -> Tokenized:
        rows = max(self.groups, default=-1) + 1
        return Tokenized(
            self.pairs + other.pairs,
            self.examples + other.examples,
            self.groups + tuple(rows + number for number in other.groups),
            self.counts + other.counts,
            self.refused + other.refused,
        )

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
        if (weights := example.weights) is not None:
            found.update(array("f", [weights.shared]) + weights.chosen + weights.rejected)
    return found.hexdigest()


def tokenize(
    pairs: Iterable[PreferencePair], chat: Chat, limits: Limits, weighting: Weighting | None = None
) -> Tokenized:
    """Token ids of all pairs that fit, and what each counts.

    A pair whose prompt alone is too long, or whose sides only differ past the limit, is
    dropped even with `truncate`: nothing could be learned from what is left.
    """
    # Rows over the model's own limit are handled here, without a warning for each.
    logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
    kept: list[tuple[PreferencePair, Example]] = []
    refused: list[tuple[PreferencePair, str]] = []
    counts: Counter[str] = Counter()
    for pair in pairs:
        try:
            example = _example(pair, chat, limits, counts)
        except RowError as error:
            refused.append((pair, str(error)))
            continue
        if example is not None:
            if weighting is not None:
                example = replace(example, weights=_weights(pair, example, chat, weighting, counts))
            kept.append((pair, example))
    pairs, examples = (tuple(column) for column in zip(*kept, strict=True)) if kept else ((), ())
    return Tokenized(pairs, examples, _numbered(pairs), counts, tuple(refused))


def _numbered(pairs: Sequence[PreferencePair]) -> tuple[int, ...]:
    """Rows numbered through, by where pairs come from."""
    rows = groupby(pairs, key=lambda pair: pair.where)
    return tuple(number for number, (_, row) in enumerate(rows) for _ in row)


def _example(
    pair: PreferencePair, chat: Chat, limits: Limits, counts: Counter[str]
) -> Example | None:
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


def _weights(
    pair: PreferencePair, example: Example, chat: Chat, weighting: Weighting, counts: Counter[str]
) -> Weights:
    """Where spans are not known, as in a single judged answer, all tokens count."""
    sides = [len(side or ()) for side in (example.chosen, example.rejected)]
    even = Weights(1.0, *(array("f", [1.0]) * length for length in sides))
    if pair.chosen is None or pair.rejected is None:
        return even
    prompt, begin = chat.prompt(pair.prompt, pair.tools), len(example.shared)
    spans = spans_of(pair)
    found = []
    for answer, of_side, length in zip(
        (pair.chosen, pair.rejected), (spans.chosen, spans.rejected), sides, strict=True
    ):
        offsets = chat.offsets(pair.prompt, prompt, answer, pair.tools)
        if offsets is None:
            counts["unknown_spans"] += 1
            return even
        found.append(weighting.weights(offsets, of_side, begin, begin + length))
    return Weights(weighting.rest, *found)


def branch(prompt: Ids[int], chosen: Ids[int] | None, rejected: Ids[int] | None) -> Example:
    """Split a pair at the first token in which its completions differ."""
    if chosen is None or rejected is None:
        return Example(prompt, array("i"), chosen, rejected)
    at = common_start(chosen, rejected)
    return Example(prompt, chosen[:at], chosen[at:], rejected[at:])


def common_start(one: Ids[int], other: Ids[int]) -> int:
    """The length of the common prefix."""
    ends = range(1, min(len(one), len(other)) + 1)
    return bisect_left(ends, True, key=lambda end: one[:end] != other[:end])
