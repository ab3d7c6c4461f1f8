"""The program that `seapo eval` and `seapo filter` ask for log-probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from running import scored_by
from seapo_cli.training.likelihood import Likelihoods
from tiny_model import save_tiny, tiny_model

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
CHAT = {"messages": MESSAGES, "answers": ["The capital is Paris.", "The capital is 42."]}
PLAIN = {
    "context": "Question: Which?\nAnswer:",
    "answers": [" one", " one more", " two", " no", " x"],
}
TEMPLATE = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("model"))


def expected(model: Path, before: str, answer: str, end: bool) -> tuple[float, int]:
    """Over one whole sequence, by the model alone."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    start = len(tokenizer.encode(before))
    found = tokenizer.encode(before) + tokenizer.encode(answer)
    ids = torch.tensor([found + [tokenizer.eos_token_id] * end])
    with torch.no_grad():
        logps = tiny_model()(ids).logits[0, :-1].log_softmax(-1)
    scored = logps.gather(-1, ids[0, 1:, None]).squeeze(-1)[start - 1 :]
    return float(scored.sum()), len(scored)


def test_sums_are_those_of_whole_sequences(model: Path) -> None:
    found = Likelihoods(str(model)).score([CHAT, PLAIN, CHAT])
    cases = [
        (CHAT, TEMPLATE.format(MESSAGES[0]["content"]), True),
        (PLAIN, PLAIN["context"], False),
    ]
    for result, (question, before, end) in zip(found, cases, strict=False):
        answers: Any = question["answers"]
        wanted = [expected(model, str(before), answer, end) for answer in answers]
        assert result["sums"] == pytest.approx([one for one, _ in wanted], abs=1e-3)
        assert result["tokens"] == [count for _, count in wanted]
    assert found[2]["sums"] == pytest.approx(found[0]["sums"], abs=1e-3)


def test_what_cannot_be_scored_costs_only_itself(model: Path) -> None:
    found = Likelihoods(str(model)).score(
        [
            {"messages": MESSAGES, "answers": ["Paris.", ""]},
            {"context": "A" * 600, "answers": [" b", " c"]},
            PLAIN,
        ]
    )
    assert found[0] == {"error": "an answer is empty"}
    assert "more than the model's 512 tokens" in found[1]["error"]
    assert len(found[2]["sums"]) == 5


def test_the_program_answers_line_by_line(model: Path) -> None:
    first, second = scored_by("likelihood", model, [CHAT, PLAIN], [PLAIN])
    assert second[0]["sums"] == pytest.approx(first[1]["sums"], abs=1e-3)
