"""Multiple choice by log-likelihood of the choices, as lm-evaluation-harness scores it."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, fsum
from typing import Any

from seapo_cli.completions import LogProb
from seapo_cli.exceptions import RowError
from seapo_cli.stages.evaluation.items import Found, Item, Question, rounded, row_id, text_of

_ASKED = "Q: {}\nA:"


def multiple_choice(data: dict[str, Any], line: int) -> Item:
    """A row `{query, choices, gold}`; `gold` is an index.

    Raises:
        RowError: it is something else.
    """
    query, choices, gold = text_of(data, "query"), data.get("choices"), data.get("gold")
    if not (isinstance(choices, list) and len(choices) > 1 and _all_text(choices)):
        raise RowError("key 'choices' must be a list of at least two texts")
    if isinstance(gold, bool) or not isinstance(gold, int) or not 0 <= gold < len(choices):
        raise RowError("key 'gold' must be the index of the right choice, from 0")
    context = query if query.rstrip().endswith("Answer:") else f"{query}\nAnswer:"
    return _item(data, line, context.rstrip(), choices, gold)


def truthfulqa_mc1(data: dict[str, Any], line: int) -> Item:
    """The best answer against all wrong ones."""
    best, _, wrong = _truthfulqa(data)
    return _item(data, line, _asked(data), [best, *wrong], 0)


def truthfulqa_binary(data: dict[str, Any], line: int) -> Item:
    """The best answer against one wrong one: `Best Incorrect Answer`, else the first."""
    best, _, wrong = _truthfulqa(data)
    worst = data.get("Best Incorrect Answer")
    return _item(data, line, _asked(data), [best, worst if isinstance(worst, str) else wrong[0]], 0)


def truthfulqa_mc2(data: dict[str, Any], line: int) -> Item:
    """The right answers' share of the probability of all answers."""
    _, right, wrong = _truthfulqa(data)

    def read(scores: Sequence[LogProb]) -> Found:
        most = max(score.sum for score in scores)
        weights = [exp(score.sum - most) for score in scores]
        share = fsum(weights[: len(right)]) / fsum(weights)
        return {"score": round(share, 6), "choices": [rounded(score) for score in scores]}

    question = Question(_spaced([*right, *wrong]), context=_asked(data))
    name = row_id(data, line)
    return Item(line, name, name, data, question=question, read=read)


def _item(data: dict[str, Any], line: int, context: str, choices: list[str], gold: int) -> Item:
    lengths = [len(choice) for choice in choices]

    def read(scores: Sequence[LogProb]) -> Found:
        sums = [score.sum for score in scores]
        by_length = [one / length for one, length in zip(sums, lengths, strict=True)]
        means = [score.mean for score in scores]
        others = means[:gold] + means[gold + 1 :]
        picked = sums.index(max(sums))
        return {
            "right": float(picked == gold),
            "right_by_length": float(by_length.index(max(by_length)) == gold),
            "margin": round(means[gold] - max(others), 6),
            "picked": picked,
            "gold": gold,
            "choices": [rounded(score) for score in scores],
        }

    question = Question(_spaced(choices), context=context)
    name = row_id(data, line)
    return Item(line, name, name, data, question=question, read=read)


def _spaced(choices: Sequence[str]) -> tuple[str, ...]:
    return tuple(f" {choice}" for choice in choices)


def _asked(data: dict[str, Any]) -> str:
    return _ASKED.format(text_of(data, "Question"))


def _truthfulqa(data: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """The best answer, all right ones, and the wrong ones."""
    best = text_of(data, "Best Answer")
    right, wrong = (_listed(text_of(data, f"{kind} Answers")) for kind in ("Correct", "Incorrect"))
    if not right or not wrong:
        raise RowError("there must be right and wrong answers")
    return best, right, wrong


def _listed(text: str) -> list[str]:
    parts = (part.strip() for part in text.split(";"))
    return list(dict.fromkeys(part for part in parts if part))


def _all_text(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value.strip() for value in values)
