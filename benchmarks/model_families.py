"""Does `seapo train` compute twenty model families rightly, each a tiny model with random weights?

    python benchmarks/model_families.py        # in an environment with the extra `train`

For each family, in fp32 and bf16: what the self-check decides, and then loss and gradient of a DPO
step on that path beside a plain implementation that is written here, apart from the program's own.
fp32 is compared directly. Under bf16 both are compared with fp32: `seapo` may be off by about what
the plain implementation is off by itself, three times as much at most. Written:
`results/model_families.json`.
"""

from __future__ import annotations

import argparse
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
import transformers

from harness import save, show
from seapo_cli.training.check import choose_path
from seapo_cli.training.model import quiet, turn_off_dropout
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Example

VOCABULARY = 256
WINDOW = 8
BETA = 0.1
SLACK = {"values": 1e-3, "gradient": 2e-3}
"""What fp32 may differ by: nats per token of a part, and relative to the gradient's norm."""

_SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "initializer_range": 0.2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "attention_dropout": 0.1,
}
_LINEAR = {
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama": ("Llama", {}),
    "Qwen2": ("Qwen2", {}),
    "Qwen3": ("Qwen3", {}),
    "Qwen3-MoE": ("Qwen3Moe", _EXPERTS),
    "Qwen3-Next": (
        "Qwen3Next",
        {**_EXPERTS, **_LINEAR, "shared_expert_intermediate_size": 32}
        | {"layer_types": ["linear_attention", "full_attention"]},
    ),
    "Mistral, window": ("Mistral", {"sliding_window": WINDOW}),
    "Mixtral": ("Mixtral", {"num_local_experts": 4}),
    "Gemma2": ("Gemma2", {"sliding_window": WINDOW, "query_pre_attn_scalar": 8}),
    "Gemma3": ("Gemma3Text", {"sliding_window": WINDOW, "query_pre_attn_scalar": 8}),
    "Phi3": ("Phi3", {"sliding_window": WINDOW}),
    "OLMo2": ("Olmo2", {}),
    "Granite": ("Granite", {"logits_scaling": 4.0, "attention_multiplier": 0.3}),
    "Cohere": ("Cohere", {"logit_scale": 0.25}),
    "Cohere2": ("Cohere2", {"logit_scale": 0.25, "sliding_window": WINDOW}),
    "LFM2": ("Lfm2", {"layer_types": ["conv", "full_attention"]}),
    "GPT-OSS": (
        "GptOss",
        {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": WINDOW}
        | {"layer_types": ["sliding_attention", "full_attention"]},
    ),
    "GPT-NeoX": ("GPTNeoX", {"hidden_dropout": 0.1}),
    "Mamba2": ("Mamba2", {"num_heads": 8, "state_size": 8, "n_groups": 2, "chunk_size": 8}),
    "Llama4": (
        "Llama4Text",
        {"attention_chunk_size": WINDOW, "intermediate_size_mlp": 64, "num_local_experts": 2},
    ),
    "SmolLM3": ("SmolLM3", {"no_rope_layers": [1, 0]}),
}
_CLASSES = {"Gemma3Text": "Gemma3ForCausalLM", "Llama4Text": "Llama4ForCausalLM"}


def build(family: str) -> Any:
    """A tiny model of the family, with random weights and dropout in its configuration."""
    name, values = FAMILIES[family]
    config = getattr(transformers, f"{name}Config")(**(_SHAPE | values))
    torch.manual_seed(0)
    model = getattr(transformers, _CLASSES.get(name, f"{name}ForCausalLM"))(config)
    for weight in model.parameters():
        # Some are begun as zeros or ones, which would hide what they do.
        if weight.dim() == 1:
            weight.data += 0.1 * torch.randn_like(weight)
    return model.train()


def examples(count: int = 4) -> list[Example]:
    """Pairs of random tokens: common part and branches of several lengths, some past the window."""
    random = Random(0)

    def some(least: int, most: int) -> array[int]:
        return array("i", random.choices(range(3, VOCABULARY), k=random.randint(least, most)))

    return [Example(some(4, 24), some(0, 12), some(2, 14), some(2, 14)) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Step:
    """What one DPO step computes."""

    parts: torch.Tensor
    """[n, 3] Log-probabilities of common part, chosen's rest, rejected's rest."""
    loss: float
    gradient: torch.Tensor


def plain_parts(model: Any, example: Example) -> torch.Tensor:
    """[3] By the model alone, one answer at a time: no padding, no packing, no shared code."""
    found = []
    for side in (example.chosen, example.rejected):
        answer = [*example.shared, *(side or ())]
        ids = torch.tensor([[*example.prompt, *answer]])
        logits = model(input_ids=ids, use_cache=False).logits[0].float()
        at = range(len(example.prompt) - 1, len(example.prompt) - 1 + len(answer))
        each = [torch.log_softmax(logits[place], -1)[ids[0, place + 1]] for place in at]
        common = len(example.shared)
        found.append([sum(each[:common], logits.new_zeros(())), sum(each[common:])])
    (shared, chosen), (_, rejected) = found
    return torch.stack([shared, chosen, rejected])


def step(model: Any, parts: Callable[[], torch.Tensor]) -> Step:
    """Loss and gradient of DPO against a reference that gives -20 everywhere."""
    model.zero_grad()
    values = parts()
    loss = -torch.nn.functional.logsigmoid(BETA * (values[:, 1] - values[:, 2])).mean()
    loss.backward()
    slopes = [w.grad.flatten() for w in model.parameters() if w.grad is not None]
    return Step(values.detach(), float(loss.detach()), torch.cat(slopes).float())


def plain_step(model: Any, rows: Sequence[Example], bf16: bool) -> Step:
    """The textbook's step."""

    def parts() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            return torch.stack([plain_parts(model, row) for row in rows])

    model.eval()
    return step(model, parts)


def distance(one: Step, other: Step, rows: Sequence[Example]) -> dict[str, float]:
    """The largest difference of a part in nats per token of that part, and of the gradient."""
    lengths = torch.tensor(
        [[len(r.shared), len(r.chosen or ()), len(r.rejected or ())] for r in rows]
    )
    gaps = (one.parts - other.parts).abs() / lengths.clamp(min=1)
    slope = float((one.gradient - other.gradient).norm() / other.gradient.norm())
    return {"values": float(gaps.max()), "gradient": slope, "loss": abs(one.loss - other.loss)}


def judged(family: str, bf16: bool) -> dict[str, Any]:
    """The line of one family in one precision."""
    model, rows = build(family), examples()
    truth = plain_step(model, rows, False)
    own = distance(plain_step(model, rows, bf16), truth, rows)  # 0 in fp32
    model.train()
    turn_off_dropout(model)
    scorer = Scorer(model, bf16)
    notes = choose_path(scorer, scorer, rows, torch.device("cpu"))
    found = distance(step(model, lambda: scorer(range(len(rows)), rows, True)), truth, rows)
    wrong = [name for name, slack in SLACK.items() if found[name] > 3 * own[name] + slack]
    return {
        "family": family,
        "precision": "bf16" if bf16 else "fp32",
        "path": "whole sequences" if scorer.path == "plain" else "common part once",
        "why": notes[0].partition(": ")[2] if notes else "",
        **{f"{name} off": one for name, one in found.items()},
        **{f"{name} off, plain": one for name, one in own.items() if bf16},
        "wrong": ", ".join(wrong),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", action="append", choices=FAMILIES, help="only these")
    options = parser.parse_args()
    quiet()
    rows = [judged(name, bf16) for name in options.family or FAMILIES for bf16 in (False, True)]
    show("Model families", rows)
    if not options.family:
        save("model_families", {"transformers": transformers.__version__, "rows": rows})
    if any(row["wrong"] for row in rows):
        raise SystemExit("wrong values: see above")


if __name__ == "__main__":
    main()
