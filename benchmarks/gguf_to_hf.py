"""Turn a GGUF model into a plain Hugging Face checkpoint that `vllm serve` can load.

    python benchmarks/gguf_to_hf.py MODEL.gguf FOLDER [--dtype float32]

Needs torch, transformers, gguf and accelerate. transformers reads a GGUF but refuses to save
the model that comes of it (its weights count as quantized), so the dequantized weights are
copied into a fresh model of the same configuration first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer


def convert(source: Path, target: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write `target/` with safetensors weights, tokenizer and chat template."""
    where = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
    loaded = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    config = AutoConfig.from_pretrained(**where)
    config.dtype = dtype
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(loaded.state_dict())
    plain.to(dtype).save_pretrained(target)
    AutoTokenizer.from_pretrained(**where).save_pretrained(target)


def check(target: Path) -> str:
    """Answer one question from the saved checkpoint: the proof that it is whole."""
    tokenizer = AutoTokenizer.from_pretrained(target)
    model = AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32)
    question = [{"role": "user", "content": "What is the capital of France?"}]
    inputs = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    output = model.generate(**inputs, max_new_tokens=24, do_sample=False)
    text: str = tokenizer.decode(output[0, inputs["input_ids"].shape[1] :])
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the GGUF file")
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    arguments = parser.parse_args()
    convert(arguments.source, arguments.target, getattr(torch, arguments.dtype))
    print(check(arguments.target))


if __name__ == "__main__":
    main()
