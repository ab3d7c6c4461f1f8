"""`seapo train` as a user types it, on the packaged SmolLM2-135M."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("gguf")

from running import SOURCES

ROWS = [
    ("What is the capital of France?", "The capital of France is Paris.", "Paris", "Rome"),
    ("How many legs does a spider have?", "A spider has eight legs.", "eight", "six"),
    ("When did the war end?", "The Second World War ended in 1945.", "1945", "1954"),
    ("What do bees make?", "Bees make honey from nectar.", "honey", "butter"),
]


@pytest.mark.slow
def test_a_few_steps_on_the_packaged_model(tmp_path: Path) -> None:
    pairs = [
        {"prompt": prompt, "chosen": answer, "rejected": answer.replace(right, wrong)}
        for prompt, answer, right, wrong in ROWS
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    out = tmp_path / "out"
    environs = {**os.environ, "PYTHONPATH": str(SOURCES), "SEAPO_REFERENCE_CACHE": str(tmp_path)}
    command = [sys.executable, "-m", "seapo_cli", "train", "pairs.jsonl", "-o", str(out)]
    done = subprocess.run(
        [*command, "--epochs", "3", "--lr", "2e-5", "--warmup", "0"],
        cwd=tmp_path,
        env=environs,
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["step"] for row in told] == [1, 2, 3]
    assert told[0]["loss"] == pytest.approx(0.6931, abs=1e-3)
    assert told[-1]["loss"] < 0.6
    assert told[-1]["rewards/accuracies"] == 1.0
    assert "whole sequences" not in done.stderr
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = (kind.from_pretrained(out) for kind in (AutoModelForCausalLM, AutoTokenizer))
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": ROWS[0][0]}], add_generation_prompt=True, return_tensors="pt"
    )
    answer = model.generate(**asked, max_new_tokens=20, do_sample=False)[0]
    assert "Paris" in tokenizer.decode(answer[asked["input_ids"].shape[1] :])


def test_a_gguf_file_in_a_checkpoint_is_read_by_itself(tmp_path: Path) -> None:
    from seapo_cli.backends.models import find_model
    from seapo_cli.training.model import pretrained_tokenizer

    path = tmp_path / "model.gguf"
    path.symlink_to(find_model(None))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "TokenizersBackend"}')
    (tmp_path / "tokenizer.json").write_text("{}")
    tokenizer = pretrained_tokenizer(str(path))
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.chat_template
