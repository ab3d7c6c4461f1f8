"""Scores answers with a transformers model or a GGUF file: mean log-probability of their tokens.

    python -m seapo_cli.training.score --model NAME

Reads JSONL on stdin, `{"messages": [...], "answers": [first, second]}` and perhaps `tools`, and
answers each line at once with `{"means": [first, second]}` in nats, or `{"error": reason}`.
`seapo filter` runs it. Answers are strings, or messages where they call tools.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import torch

from seapo_cli.calls import Tool
from seapo_cli.exceptions import RowError, SeapoError
from seapo_cli.formats.reader import Pair
from seapo_cli.rows import answer_text, read_messages
from seapo_cli.training.check import choose_path
from seapo_cli.training.model import pretrained_model, pretrained_tokenizer, quiet
from seapo_cli.training.processes import join
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Chat, Limits, tokenize

_PLAIN = r"""{% for m in messages %}{{ m.content }}{% if not loop.last %}{{ "\n\n" }}{% endif %}
{%- endfor %}{% if add_generation_prompt %}{{ "\n\n" }}{% endif %}"""
"""For base models, which have no chat template."""


class AnswerScores:
    """A model with its tokenizer."""

    def __init__(self, name: str) -> None:
        device = join().device
        bf16 = device.type == "cuda"
        tokenizer = pretrained_tokenizer(name)
        tokenizer.chat_template = tokenizer.chat_template or _PLAIN
        model = pretrained_model(name, torch.bfloat16 if bf16 else torch.float32)
        most = getattr(model.config, "max_position_embeddings", None)
        self._limits = Limits(most or sys.maxsize, "drop")
        self._chat = Chat(tokenizer)
        self._scorer = Scorer(model.to(device).eval(), bf16)
        self._device = device
        self._checked = False

    @torch.no_grad()
    def means(
        self, messages: object, answers: Sequence[object], tools: Sequence[Tool] = ()
    ) -> list[float]:
        """Mean log-probability of each answer's tokens, its end token among them.

        What both token sequences begin with is computed once, as in training.

        Raises:
            RowError: an answer is empty, or too long for the model.
        """
        chosen, rejected = (answer_text(answer, "answers") for answer in answers)
        if not (chosen and rejected):
            raise RowError("an answer is empty")
        pair = Pair(read_messages(messages, "messages"), chosen, rejected, tools=tuple(tools))
        data = tokenize([pair], self._chat, self._limits)
        if data.refused:
            raise RowError(data.refused[0][1])
        if not data.examples:
            most = self._limits.max_length
            raise RowError(f"prompt and answer have more than the model's {most} tokens")
        if not self._checked:
            for note in choose_path(self._scorer, self._scorer, data.examples, self._device):
                print(note, file=sys.stderr)
            self._checked = True
        shared, *parts = self._scorer([0], data.examples, False)[0].tolist()
        lengths = [len(side or ()) for side in data.examples[0].answer]
        return [(shared + side) / length for side, length in zip(parts, lengths, strict=True)]


def main() -> None:
    """Answer lines until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    quiet()
    try:
        scores = AnswerScores(parser.parse_args().model)
    except SeapoError as error:
        sys.exit(str(error))
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer: dict[str, Any] = {"means": scores.means(**question)}
        except RowError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
