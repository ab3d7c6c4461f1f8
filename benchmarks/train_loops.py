"""The loops that `train_speed.py` compares, each run as a process of its own.

python benchmarks/train_loops.py LOOP EXAMPLES.json MODEL RESULT.json
"""

from __future__ import annotations

import argparse
import json
import time
from array import array
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch

RATE = 1e-5
NO_CLIPPING = 1e9


def dump(
    pairs: Path,
    model: Path,
    target: Path,
    rows: int,
    share: float | None = None,
    negatives: int = 1,
) -> int:
    """Write the first `rows` pairs as token ids, with the given share of the answer common.

    With a share the rejected side is chosen's own tokens, all different after the common part.
    With several negatives those of an answer are neighbours; answers that have fewer are left out.
    """
    from transformers import AutoTokenizer

    from seapo_cli.formats.reader import PreferencePair, read_pairs
    from seapo_cli.training.tokens import Chat, Limits, branch, tokenize

    tokenizer = AutoTokenizer.from_pretrained(model)
    read = [row for row in read_pairs([pairs]) if isinstance(row, PreferencePair)]
    if negatives > 1:
        answers: dict[Any, dict[str | None, PreferencePair]] = defaultdict(dict)
        for row in read:
            answers[row.prompt, row.chosen].setdefault(row.rejected, row)
        enough = [each for each in answers.values() if len(each) >= negatives]
        read = [pair for each in enough for pair in list(each.values())[:negatives]]
    read = read[:rows]
    examples = tokenize(read, Chat(tokenizer), Limits(1024, "drop")).examples
    if share is not None:
        sides = [(e.prompt, e.shared + e.chosen) for e in examples]
        changed = [_changed(answer, share) for _, answer in sides]
        examples = tuple(
            branch(prompt, answer, other)
            for (prompt, answer), other in zip(sides, changed, strict=True)
        )
    names = ("prompt", "shared", "chosen", "rejected")
    parts = [{name: list(getattr(e, name)) for name in names} for e in examples]
    target.write_text(json.dumps(parts))
    return len(parts)


def _changed(answer: Any, share: float) -> Any:
    at = min(len(answer) - 2, int(share * len(answer)))
    return answer[:at] + array("i", [one + 1 for one in answer[at:-1]]) + answer[-1:]


def ours(parts: list[dict[str, list[int]]], options: argparse.Namespace) -> dict[str, Any]:
    """The step of `seapo train`, reference included."""
    from seapo_cli.options import LossSettings
    from seapo_cli.training.heap import keep_freed_memory
    from seapo_cli.training.layout import fill, together
    from seapo_cli.training.loss_step import Columns, LossStep
    from seapo_cli.training.optimizer import take_step
    from seapo_cli.training.processes import Processes
    from seapo_cli.training.scorer import Scorer
    from seapo_cli.training.tokens import Example

    examples = [Example(**{name: array("i", ids) for name, ids in part.items()}) for part in parts]
    keep_freed_memory()
    model = _model(options)
    scorer = Scorer(model, path="segments")
    reference = torch.zeros(len(examples), 3)
    groups = [row // options.negatives for row in range(len(examples))]
    begun = time.perf_counter()
    with torch.no_grad():
        for rows in fill(together(range(len(examples)), groups), examples, 2048):
            reference[rows] = scorer(rows, examples, False)
    told = {"reference_seconds": time.perf_counter() - begun}
    ones, zeros = torch.ones(len(examples)), torch.zeros(len(examples))
    lengths = [[len(side) for side in example.answer] for example in examples]
    sides = torch.tensor(lengths).unbind(1)
    columns = Columns(ones, zeros, *sides, groups, *sides)
    alone = Processes(0, 1, torch.device("cpu"))
    work = LossStep(scorer, examples, columns, reference, (), zeros, LossSettings(), alone)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0, fused=True)
    watch = Watch(model, options)
    for step in range(options.steps + 1):
        begun = time.perf_counter()
        rows = work.train(range(step * options.batch, (step + 1) * options.batch), 1)
        watch.gradient()
        take_step(scorer, optimizer, RATE, NO_CLIPPING)
        watch.step(time.perf_counter() - begun, sum(row.loss for row in rows) / len(rows))
    return told | watch.told()


def trl(parts: list[dict[str, list[int]]], options: argparse.Namespace) -> dict[str, Any]:
    """TRL's DPOTrainer over the same token ids in the same order."""
    from datasets import Dataset
    from torch.utils.data import SequentialSampler
    from transformers import AutoTokenizer, TrainerCallback
    from trl import DPOConfig, DPOTrainer

    model = _model(options)
    watch = Watch(model, options)

    class Times(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.begun = time.perf_counter()

        def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
            watch.gradient()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            watch.step(time.perf_counter() - self.begun, losses[-1])

    losses: list[float] = []

    class InOrder(DPOTrainer):
        def _get_train_sampler(self, *_: Any) -> Any:
            return SequentialSampler(self.train_dataset)

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset  # its token ids are there already

        def compute_loss(self, *arguments: Any, **named: Any) -> Any:
            loss = super().compute_loss(*arguments, **named)
            losses.append(float(loss))  # the log rounds it
            return loss

    config = DPOConfig(
        output_dir=str(options.result.with_suffix("")),
        per_device_train_batch_size=options.batch,
        max_steps=options.steps + 1,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        max_grad_norm=NO_CLIPPING,
        precompute_ref_log_probs="precomputed" in options.loop,
        gradient_checkpointing="checkpointed" in options.loop,
        bf16=False,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    )
    rows = [
        {
            "prompt_ids": part["prompt"],
            "chosen_ids": part["shared"] + part["chosen"],
            "rejected_ids": part["shared"] + part["rejected"],
        }
        for part in parts
    ]
    begun = time.perf_counter()
    trainer = InOrder(
        model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(options.model),
        callbacks=[Times()],
    )
    trainer.train()
    return {"total_seconds": time.perf_counter() - begun} | watch.told()


class Watch:
    """Takes down seconds, losses and the first gradient of a loop."""

    def __init__(self, model: Any, options: argparse.Namespace) -> None:
        self._model = model
        self._path = options.result.with_suffix(".pt")
        self._seconds: list[float] = []
        self._cpu: list[float] = []
        self._losses: list[float] = []

    def gradient(self) -> None:
        """Keep the gradient of the first step."""
        if not self._losses and not self._path.exists():
            named = self._model.named_parameters()
            torch.save({name: p.grad for name, p in named if p.grad is not None}, self._path)

    def step(self, seconds: float, loss: float) -> None:
        """A step is over."""
        self._seconds.append(seconds)
        self._cpu.append(time.process_time())
        self._losses.append(loss)

    def told(self) -> dict[str, Any]:
        """Without the first step."""
        measured = self._seconds[1:]
        return {
            "seconds_per_step": sum(measured) / len(measured),
            "cpu_seconds_per_step": (self._cpu[-1] - self._cpu[0]) / len(measured),
            "losses": self._losses,
            "gradient": str(self._path),
        }


def gradient_difference(one: str, other: str) -> float:
    """Relative difference of two gradients that were kept."""
    first, second = torch.load(one), torch.load(other)
    gap = sum(float((first[name] - second[name]).double().square().sum()) for name in second)
    size = sum(float(second[name].double().square().sum()) for name in second)
    return (gap / size) ** 0.5


def _model(options: argparse.Namespace) -> Any:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    model.config.use_cache = False
    if "checkpointed" in options.loop and options.loop.startswith("seapo"):
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model.train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("loop")
    parser.add_argument("examples", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--negatives", type=int, default=1)
    options = parser.parse_args()
    parts = json.loads(options.examples.read_text())
    found = ours(parts, options) if options.loop.startswith("seapo") else trl(parts, options)
    options.result.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
