"""A tiny Llama with random weights, its tokenizer, and pairs: training in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from seapo_cli.formats.reader import PreferencePair, read_pair
from seapo_cli.options import LossSettings, TrainSettings
from seapo_cli.training.loss_step import Columns, LossStep
from seapo_cli.training.losses import LOSSES
from seapo_cli.training.processes import Processes
from seapo_cli.training.reference import columns as reference_columns
from seapo_cli.training.scorer import Path as ScorerPath
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Chat, Example, Limits, Tokenized, tokenize

torch.set_num_threads(1)  # on matrices this small, more threads only wait for each other

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ALONE = Processes(0, 1, torch.device("cpu"))
_CORPUS = ["The capital of France is Paris. user assistant system 12 + 30 = 42, so 7 of 9."] * 4


def tiny_tokenizer() -> Any:
    """Byte-level BPE with a few merges, so that neighbouring characters do merge."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|im_start|>", "<|im_end|>"]
    inner.train_from_iterator(
        _CORPUS,
        trainers.BpeTrainer(
            vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        ),
    )
    found = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>")
    found.chat_template = CHATML
    return found


def tiny_model(**changes: Any) -> Any:
    """Two layers of 32 dimensions, with grouped queries."""
    torch.manual_seed(0)
    config = {
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.3,
        "tie_word_embeddings": True,
        "use_cache": False,
        "eos_token_id": 1,
        "bos_token_id": 0,
    }
    return LlamaForCausalLM(LlamaConfig(**(config | changes)))


def save_tiny(folder: Path, **changes: Any) -> Path:
    """A checkpoint folder, as a user would name it with `--model`."""
    tiny_model(**changes).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def read(rows: Iterable[Mapping[str, Any]]) -> list[PreferencePair]:
    return [read_pair(dict(row), f"pairs.jsonl:{line}") for line, row in enumerate(rows, 1)]


def tokenized(rows: Iterable[Mapping[str, Any]], max_length: int = 512) -> Tokenized:
    return tokenize(read(rows), Chat(tiny_tokenizer()), Limits(max_length, "truncate"))


def work(
    data: Tokenized,
    settings: LossSettings,
    model: Any,
    path: ScorerPath,
    reference: torch.Tensor | None = None,
    mismatched: Sequence[Example] = (),
) -> LossStep:
    """A pass over the data without files, on one path; the reference is zero unless given."""
    scorer = Scorer(model, path=path)
    zero = torch.zeros(len(data.examples), reference_columns(data.examples))
    needed = reference if LOSSES[settings.loss].reference and reference is not None else zero
    columns = Columns.of(data, replace(settings, row_margins=settings.loss != "kto"))
    none = torch.zeros(len(mismatched), reference_columns(mismatched))
    return LossStep(scorer, data.examples, columns, needed, mismatched, none, settings, ALONE)


def arithmetic_pairs(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Pairs that differ in one number, of two error types."""
    return [
        {
            "prompt": f"What is {n} + {n + 3}?",
            "chosen": f"{n} + {n + 3} = {2 * n + 3}, so it is {2 * n + 3}.",
            "rejected": f"{n} + {n + 3} = {2 * n + 5}, so it is {2 * n + 5}.",
            "error_type": ("factual", "logical")[n % 2],
        }
        for n in range(start, start + count)
    ]


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def train_settings(folder: Path, files: Sequence[Path], **changes: Any) -> TrainSettings:
    """Settings of a small run in `folder`, on the tiny model in `folder/model`."""
    model = folder / "model"
    if not model.exists():
        save_tiny(model)
    values: dict[str, Any] = {
        "files": tuple(files),
        "model": str(model),
        "output_dir": folder / "out",
        "reference_cache": folder / "cache",
        "learning_rate": 1e-3,
        "batch_size": 4,
    }
    settings = TrainSettings.checked(**(values | changes))
    settings.output_dir.mkdir(parents=True, exist_ok=True)
    return settings
