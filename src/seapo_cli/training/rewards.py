"""Scores answers with a reward model: a transformers sequence classifier with one label.

    python -m seapo_cli.training.rewards --model NAME

Reads JSONL on stdin, each line a list of questions `{"messages": [...], "tools": [...],
"answers": [...]}`, and answers each line at once with a list of `{"rewards": [...], "tokens":
[...]}` or `{"error": reason}`. `seapo filter --check reward` runs it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence

import torch

from seapo_cli.calls import Tool, ToolAnswer
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message, answer_text, read_messages
from seapo_cli.training.answering import Found, Question, answer_lines
from seapo_cli.training.model import pretrained_classifier, pretrained_tokenizer
from seapo_cli.training.processes import join
from seapo_cli.training.reference import PACK_TOKENS
from seapo_cli.training.tokens import Chat

_BOUNDLESS = 1_000_000
"""Tokenizers that know no limit name a larger one."""

Encoded = dict[str, list[int]]
"""The model's inputs for one text, by name: `input_ids`, and `token_type_ids` where it has them."""


class Rewards:
    """A reward model with its tokenizer.

    A conversation goes through the model's chat template, up to the end of the answer; where there
    is no template, prompt and answer are a pair of texts, as cross-encoders have them.
    """

    def __init__(self, name: str) -> None:
        self._device = join().device
        bf16 = self._device.type == "cuda"
        self._tokenizer = pretrained_tokenizer(name)
        self._chat = Chat(self._tokenizer) if self._tokenizer.chat_template else None
        model = pretrained_classifier(name, torch.bfloat16 if bf16 else torch.float32)
        self._model = model.to(self._device).eval()
        config = model.config.get_text_config()
        known = getattr(config, "max_position_embeddings", None), self._tokenizer.model_max_length
        self._most = min((one for one in known if one and one < _BOUNDLESS), default=sys.maxsize)
        self._padding: int | None = config.pad_token_id
        """Decoders find a text's last token by it: without one, a text goes through alone."""

    def score(self, questions: Sequence[Question]) -> list[Found]:
        """The reward of each answer to each question, and its number of tokens."""
        found: list[Found] = []
        texts: list[Encoded] = []
        for question in questions:
            try:
                encoded = [self._encoded(question, answer) for answer in question["answers"]]
            except RowError as error:
                found.append({"error": str(error)})
                continue
            found.append({"rewards": [], "tokens": [len(one["input_ids"]) for one in encoded]})
            texts += encoded
        rewards = iter(self._rewards(texts))
        for answer in found:
            if "error" not in answer:
                answer["rewards"] = [next(rewards) for _ in answer["tokens"]]
                if not all(map(math.isfinite, answer["rewards"])):
                    answer.clear()
                    answer["error"] = "the model's reward is not a number"
        return found

    def _encoded(self, question: Question, answer: object) -> Encoded:
        messages = read_messages(question["messages"], "messages")
        text = answer_text(answer, "answers")
        if not text:
            raise RowError("an answer is empty")
        tools = tuple(question.get("tools", ()))
        if self._chat:
            whole = _rendered(self._chat, messages, text, tools)
            encoded = self._tokenizer(whole, add_special_tokens=False)
        else:
            if len(messages) > 1 or tools or isinstance(text, ToolAnswer):
                raise RowError(
                    "the model has no chat template: it takes a prompt of one turn, without tools"
                )
            encoded = self._tokenizer(messages[0].content, text)
        if (count := len(encoded["input_ids"])) > self._most:
            raise RowError(
                f"prompt and answer have {count:,} tokens, more than the model's {self._most:,}"
            )
        return {name: encoded[name] for name in encoded if name != "attention_mask"}

    @torch.no_grad()
    def _rewards(self, texts: Sequence[Encoded]) -> list[float]:
        found = [0.0] * len(texts)
        for places in self._batches(texts):
            inputs = self._padded([texts[place] for place in places])
            logits = self._model(**inputs).logits.float()[:, 0].tolist()
            for place, reward in zip(places, logits, strict=True):
                found[place] = reward
        return found

    def _batches(self, texts: Sequence[Encoded]) -> Iterator[list[int]]:
        """Places of texts that go through together, the longest first, those alike in length."""
        lengths = [len(text["input_ids"]) for text in texts]
        batch: list[int] = []
        for place in sorted(range(len(texts)), key=lambda place: (-lengths[place], place)):
            full = batch and (len(batch) + 1) * lengths[batch[0]] > PACK_TOKENS
            if batch and (full or self._padding is None):
                yield batch
                batch = []
            batch.append(place)
        if batch:
            yield batch

    def _padded(self, texts: Sequence[Encoded]) -> dict[str, torch.Tensor]:
        """[texts, longest] of each input, padded on the right."""
        lengths = [len(text["input_ids"]) for text in texts]

        def rows(name: str, filler: int) -> torch.Tensor:
            padded = [
                text[name] + [filler] * (max(lengths) - length)
                for text, length in zip(texts, lengths, strict=True)
            ]
            return torch.tensor(padded, device=self._device)

        inputs = {
            name: rows(name, (self._padding or 0) if name == "input_ids" else 0)
            for name in texts[0]
        }
        places = torch.arange(max(lengths), device=self._device)
        inputs["attention_mask"] = (
            places < torch.tensor(lengths, device=self._device)[:, None]
        ).long()
        return inputs


def _rendered(chat: Chat, messages: Sequence[Message], answer: str, tools: Sequence[Tool]) -> str:
    """The whole conversation with the answer.

    Raises:
        RowError: the template refuses it, or leaves out tools or calls.
    """
    turns = [*messages, Message.of(answer)]
    text = chat.render(turns, tools)
    if tools and text == chat.render(turns):
        raise RowError("the reward model's chat template takes no tools")
    if isinstance(answer, ToolAnswer) and not all(call.name in text for call in answer.calls):
        raise RowError("the reward model's chat template takes no tool calls")
    return text


if __name__ == "__main__":
    answer_lines(Rewards, __doc__)
