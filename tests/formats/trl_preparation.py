"""TRL's own preparation of a data set, with a tiny model and tokenizer made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

Data = dict[str, Any]

_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def _tokenizer() -> PreTrainedTokenizerFast:
    """One token for each byte: what comes out is what went in."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {text: number for number, text in enumerate([*alphabet, "</s>", "<pad>"])}
    made = Tokenizer(models.BPE(vocabulary, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="</s>", pad_token="<pad>", model_max_length=4096
    )
    tokenizer.chat_template = _TEMPLATE
    return tokenizer


def _model() -> LlamaForCausalLM:
    size = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    return LlamaForCausalLM(LlamaConfig(vocab_size=300, num_attention_heads=1, **size))


def prepared(file: Path, name: str, folder: Path) -> tuple[Dataset, PreTrainedTokenizerFast]:
    """The rows as TRL's trainer would train on them."""
    given = load_dataset("json", data_files=str(file), split="train", cache_dir=str(folder))
    common: Data = {"output_dir": str(folder), "report_to": "none", "use_cpu": True}
    common |= {"max_length": None, "per_device_train_batch_size": 2, "bf16": False}
    tokenizer = _tokenizer()
    parts: Data = {
        "model": _model(),
        "ref_model": _model(),
        "train_dataset": given,
        "processing_class": tokenizer,
    }
    if "kto" in name:
        trainer = KTOTrainer(args=KTOConfig(**common), **parts)
    else:
        trainer = DPOTrainer(args=DPOConfig(**common), **parts)
    return trainer.train_dataset, tokenizer


def check(name: str, rows: list[Data], file: Path, folder: Path) -> None:
    """The prompt ends where the answer begins, and each answer is whole."""
    found, tokenizer = prepared(file, name, folder)
    assert len(found) == len(rows)
    for row, original in zip(found, rows, strict=True):
        for side in {"chosen", "rejected", "completion"} & original.keys():
            assert tokenizer.decode(row[f"{side}_ids"]) == f"{_said(original[side])}</s>"
        end = "" if isinstance(original["prompt"], str) else "</s><|assistant|>"
        assert tokenizer.decode(row["prompt_ids"]).endswith(_said(original["prompt"]) + end)


def _said(text: Any) -> str:
    return text if isinstance(text, str) else str(text[-1]["content"])
