"""The program that `seapo filter` asks for the plausibility of answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from rounding import LOGP
from running import SOURCES
from tiny_model import save_tiny, tiny_model

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
QUESTIONS = [
    {"messages": MESSAGES, "answers": ["The capital is Paris.", "The capital is 42."]},
    {"messages": MESSAGES, "answers": ["Paris.", "Paris. Of course"]},
    {"messages": MESSAGES, "answers": ["Paris.", ""]},
    {"messages": MESSAGES, "answers": ["Paris.", "so " * 900]},
]


def asked(model: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "seapo_cli.training.likelihood", "--model", str(model)],
        input="".join(json.dumps([question]) + "\n" for question in QUESTIONS),
        env={"PYTHONPATH": str(SOURCES), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [json.loads(line)[0] for line in done.stdout.splitlines()]


def expected(model: Path, answer: str, template: str) -> float:
    """The mean over one whole sequence, by the model alone."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    prompt = tokenizer.encode(template.format(MESSAGES[0]["content"]))
    ids = torch.tensor([[*prompt, *tokenizer.encode(answer), tokenizer.eos_token_id]])
    with torch.no_grad():
        logps = tiny_model()(ids).logits[0, :-1].log_softmax(-1)
    scored = logps.gather(-1, ids[0, 1:, None]).squeeze(-1)[len(prompt) - 1 :]
    return float(scored.mean())


@pytest.mark.parametrize("base", [False, True])
def test_means_are_those_of_whole_sequences(tmp_path: Path, base: bool) -> None:
    model = save_tiny(tmp_path / "model")
    template = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
    if base:
        (model / "chat_template.jinja").unlink()
        template = "{}\n\n"
    *scored, empty, long = asked(model)
    for question, answer in zip(QUESTIONS, scored, strict=False):
        wanted = [expected(model, text, template) for text in question["answers"]]
        means = [total / count for total, count in zip(*answer.values(), strict=True)]
        assert means == pytest.approx(wanted, abs=LOGP)
    assert empty == {"error": "an answer is empty"}
    assert long == {"error": "prompt and answer have more than the model's 512 tokens"}
