"""Scores texts with a transformers model or a GGUF file: log-probabilities of their tokens.

    python -m seapo_cli.training.likelihood --model NAME [--parent PROCESS]

Reads JSONL on stdin, each line a list of questions `{"messages": [...], "answers": [...]}` or
`{"context": "...", "answers": [...]}`, and answers each line at once with a list of
`{"sums": [...], "tokens": [...]}` in nats, or `{"error": reason}`. Answers are strings, or messages
where they call tools. `seapo eval` and `seapo filter` run it.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence

import torch

from seapo_cli.exceptions import RowError
from seapo_cli.messages import answer_text, read_messages
from seapo_cli.training.answering import Found, Question, answer_lines
from seapo_cli.training.check import choose_path
from seapo_cli.training.layout import fill
from seapo_cli.training.model import pretrained_model, pretrained_tokenizer
from seapo_cli.training.processes import join
from seapo_cli.training.reference import PACK_TOKENS
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Chat, Example, Ids, Limits, branch

Side = tuple["Ids[int]", "Ids[int]"]
"""Token ids of what comes before an answer, and of the answer."""

_PLAIN = r"""{% for m in messages %}{{ m.content }}{% if not loop.last %}{{ "\n\n" }}{% endif %}
{%- endfor %}{% if add_generation_prompt %}{{ "\n\n" }}{% endif %}"""
"""For base models, which have no chat template."""


class Likelihoods:
    """A model with its tokenizer, for conversations and for plain text."""

    def __init__(self, name: str) -> None:
        device = join().device
        bf16 = device.type == "cuda"
        self._tokenizer = tokenizer = pretrained_tokenizer(name)
        tokenizer.chat_template = tokenizer.chat_template or _PLAIN
        model = pretrained_model(name, torch.bfloat16 if bf16 else torch.float32)
        most = getattr(model.config, "max_position_embeddings", None)
        self._limits = Limits(most or sys.maxsize, "drop")
        self._chat = Chat(tokenizer)
        self._scorer = Scorer(model.to(device).eval(), bf16)
        self._device = device
        self._checked = False

    @torch.no_grad()
    def score(self, questions: Sequence[Question]) -> list[Found]:
        """Sums of log-probabilities and numbers of tokens of all answers, question by question.

        Answers to a question are taken in pairs, their common beginning computed once; many go
        through the model together.
        """
        found: list[Found] = [{} for _ in questions]
        examples: list[Example] = []
        owners: list[int] = []
        for place, question in enumerate(questions):
            try:
                made = list(self._examples(question))
            except RowError as error:
                found[place] = {"error": str(error)}
                continue
            found[place] = {"sums": [], "tokens": []}
            examples += made
            owners += [place] * len(made)
        for owner, example, sums in zip(owners, examples, self._sums(examples), strict=True):
            shared, *sides = sums
            for side, one in zip((example.chosen, example.rejected), sides, strict=True):
                if side is not None:
                    found[owner]["sums"].append(shared + one)
                    found[owner]["tokens"].append(len(example.shared) + len(side))
        return found

    def _sums(self, examples: Sequence[Example]) -> list[list[float]]:
        """[examples][3] of the shared part and both sides."""
        if examples and not self._checked:
            for note in choose_path(self._scorer, self._scorer, examples, self._device):
                print(note, file=sys.stderr)
            self._checked = True
        found: list[list[float]] = [[] for _ in examples]
        for rows in fill([[row] for row in range(len(examples))], examples, PACK_TOKENS):
            for row, sums in zip(rows, self._scorer(rows, examples, False).tolist(), strict=True):
                found[row] = sums
        return found

    def _examples(self, question: Question) -> Iterator[Example]:
        if not all(question["answers"]):
            raise RowError("an answer is empty")
        sides = list(self._sides(question))
        most = self._limits.max_length
        if any(len(before) + len(answer) > most for before, answer in sides):
            raise RowError(f"prompt and answer have more than the model's {most} tokens")
        for pair in (sides[n : n + 2] for n in range(0, len(sides), 2)):
            (before, one), (other_before, other) = pair[0], pair[-1]
            if len(pair) == 2 and before == other_before:
                yield branch(before, one, other)
            else:
                yield from (Example(*_alone(*side)) for side in pair)

    def _sides(self, question: Question) -> Iterator[Side]:
        answers = question["answers"]
        if "context" in question:
            yield from (self._split(question["context"], answer) for answer in answers)
            return
        messages = read_messages(question["messages"], "messages")
        tools = tuple(question.get("tools", ()))
        text = self._chat.prompt(messages, tools)
        prompt = self._chat.ids(text)
        for answer in answers:
            yield (
                prompt,
                self._chat.completion(messages, text, answer_text(answer, "answers"), tools),
            )

    def _split(self, context: str, answer: str) -> Side:
        """Plain text is tokenized as a whole, then cut where the context's own tokens end."""
        whole = self._tokenizer.encode(context + answer)
        before = self._tokenizer.encode(context)
        if not 0 < len(before) < len(whole):
            raise RowError("the answer has no token of its own")
        return array("i", before), array("i", whole[len(before) :])


def _alone(before: Ids[int], answer: Ids[int]) -> tuple[Ids[int], Ids[int], Ids[int], None]:
    return before, array("i"), answer, None


if __name__ == "__main__":
    answer_lines(Likelihoods, __doc__)
