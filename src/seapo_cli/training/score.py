"""Scores answers with a transformers model: mean log-probability of their tokens.

    python -m seapo_cli.training.score --model NAME

Reads JSONL on stdin, `{"messages": [...], "answers": [first, second]}`, and answers each line at
once with `{"means": [first, second]}` in nats, or `{"error": reason}`. `seapo filter` runs it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar


class Scorer:
    """A model with its tokenizer."""

    def __init__(self, name: str) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
        dtype = torch.bfloat16 if self._device == "cuda" else torch.float32
        model: Any = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
        self._model = model.to(self._device).eval()

    def means(self, messages: list[dict[str, str]], answers: Sequence[str]) -> list[float]:
        """Mean log-probability of each answer's tokens.

        What both token sequences begin with is computed once: the second runs on the first's
        keys and values, cut where they part.

        Raises:
            ValueError: an answer is empty, or too long for the model.
        """
        prompt = self._prompt(messages)
        first, second = (self._tokens(prompt, answer) for answer in answers)
        start, shared = len(prompt), _shared(first, second)
        out = self._model(self._batch(first), use_cache=True)
        whole = _logprobs(out.logits[0, start - 1 : -1], first[start:])
        begun = _logprobs(out.logits[0, start - 1 : shared - 1], second[start:shared])
        rest = second[shared:]
        if rest:
            if extra := len(first) - shared:
                out.past_key_values.crop(-extra)
            more = self._model(self._batch(rest), past_key_values=out.past_key_values)
            logits = torch.cat([out.logits[0, shared - 1 : shared], more.logits[0, :-1]])
            begun = torch.cat([begun, _logprobs(logits, rest)])
        return [float(whole.mean()), float(begun.mean())]

    def _prompt(self, messages: list[dict[str, str]]) -> list[int]:
        if self._tokenizer.chat_template:
            text = self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        else:
            text = "\n\n".join(message["content"] for message in messages) + "\n\n"
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    def _tokens(self, prompt: list[int], answer: str) -> list[int]:
        tokens: list[int] = self._tokenizer(answer, add_special_tokens=False)["input_ids"]
        most = getattr(self._model.config, "max_position_embeddings", None)
        if not tokens:
            raise ValueError("an answer is empty")
        if most and len(prompt) + len(tokens) > most:
            raise ValueError(f"prompt and answer have more than the model's {most} tokens")
        return prompt + tokens

    def _batch(self, tokens: list[int]) -> Tensor:
        return torch.tensor([tokens], device=self._device)


def _shared(first: list[int], second: list[int]) -> int:
    """Tokens that both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def _logprobs(logits: Tensor, tokens: list[int]) -> Tensor:
    """Log-probabilities of tokens; logits `[tokens, vocabulary]`, summed up in fp32."""
    chosen = torch.tensor(tokens, device=logits.device)[:, None]
    return torch.log_softmax(logits.float(), dim=-1).gather(1, chosen)[:, 0]


def main() -> None:
    """Answer lines until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    disable_progress_bar()
    name = parser.parse_args().model
    try:
        scorer = Scorer(name)
    except (OSError, ValueError) as error:
        sys.exit(f"{name}: cannot be loaded: {' '.join(str(error).split())[:300]}")
    for line in sys.stdin:
        question = json.loads(line)
        try:
            with torch.inference_mode():
                means = scorer.means(question["messages"], question["answers"])
            answer: dict[str, Any] = {"means": means}
        except ValueError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
