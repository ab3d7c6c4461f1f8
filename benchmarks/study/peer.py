"""The same pairs by TRL's DPOTrainer and by `seapo train`: do they end with the same margins?

    pip install trl==1.16.0     # in an environment with the extra `train`
    cd benchmarks && python -m study.peer [--steps 60]

Two seeds of ours show how far apart runs of the same loop are; TRL's run, in its own order and
tokenization, should be no further away. Pairs are those of the mix under seed 1, margins those on
the development pairs. About half an hour on two cores; what is finished is kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from harness import RESULTS, ROOT, machine, packaged
from study.outcomes import DEVELOPMENT, compact
from study.plan import Run, read_plan
from study.report import section, written_between
from study.rows import read
from study.runs import Study, as_options
from study.verdict import MEASURES, margins

_MARKS = "<!-- peer: written by `python -m study.peer` -->", "<!-- end of peer -->"
_BATCH = 4


def ours(study: Study, model: Path, pairs: Path, target: Path, options: dict[str, Any]) -> None:
    """A run of `seapo train`."""
    study.seapo("train", str(pairs), "-m", str(model), "-o", str(target), *as_options(options))


def trl(model: Path, pairs: Path, target: Path, options: dict[str, Any]) -> None:
    """A run of TRL, with what our options are called there."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    config = DPOConfig(
        output_dir=str(target.with_name("trl-work")),
        beta=options["beta"],
        learning_rate=options["lr"],
        lr_scheduler_type=options["schedule"],
        warmup_steps=round(options["warmup"] * options["max-steps"]),
        max_steps=options["max-steps"],
        per_device_train_batch_size=options["batch-size"],
        max_length=options["max-length"],
        weight_decay=0.0,
        max_grad_norm=1.0,
        seed=options["seed"],
        precompute_ref_log_probs=True,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
    )
    keys = ("prompt", "chosen", "rejected")
    rows = [{key: row[key] for key in keys} for row in read(pairs)]
    trainer = DPOTrainer(
        AutoModelForCausalLM.from_pretrained(model, dtype="float32"),
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(model),
    )
    trainer.train()
    trainer.save_model(str(target))


def table(found: dict[str, list[list[float]]]) -> str:
    """Final margins, and how far they are from those of our first seed."""
    names = list(found)
    first = margins(found[names[0]])
    rows = []
    for name in names:
        each = margins(found[name])
        apart = f"{np.mean(np.abs(each - first)):.4f}" if name != names[0] else ""
        figures = [
            f"{MEASURES[one](found[name]).value:.3f}" for one in ("scaled_margin", "accuracy")
        ]
        rows.append([name, f"{each.mean():.4f}", *figures, apart])
    head = ["loop", "mean margin", "margin / spread", "accuracy", f"mean distance from {names[0]}"]
    return section("Final margins on development pairs, nats a token", head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rate", type=float, default=1e-5)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "study")
    options = parser.parse_args()
    study = Study(read_plan(), options.data.resolve(), options.work.resolve(), RESULTS / "study")
    pool = study.pool()
    pairs, _ = study.pairs(Run(study.plan.arm("mix"), 1), pool)
    folder = study.work / "peer"
    folder.mkdir(exist_ok=True)
    if not (model := folder / "model").exists():
        packaged(folder / "model.part")
        (folder / "model.part").rename(model)
    shared = {
        **study.plan.train,
        "lr": options.rate,
        "max-steps": options.steps,
        "batch-size": _BATCH,
        "accumulate": 1,
        "dtype": "fp32",
    }
    found = {}
    for name, seed in (("seapo, seed 1", 1), ("seapo, seed 2", 2), ("TRL", 1)):
        kept, target = folder / f"{name}.json", folder / name
        if not kept.exists():
            settings = {**shared, "seed": seed}
            if name == "TRL":
                trl(model, pairs, target, settings)
            else:
                ours(study, model, pairs, target, settings)
            rows, _ = study.evaluate(target, [str(study.outcomes / f"{DEVELOPMENT}.jsonl")], name)
            kept.write_text(json.dumps(compact(rows)[DEVELOPMENT]))
            shutil.rmtree(target)
        found[name] = json.loads(kept.read_text())
    told = table(found)
    text = f"{options.steps} steps of {_BATCH} pairs, rate {options.rate:g}, fp32.\n\n{told}"
    written_between(ROOT / "docs" / "study.md", _MARKS, text)
    study.keep(
        "peer", {"machine": machine(), "steps": options.steps, "rate": options.rate, **found}
    )


if __name__ == "__main__":
    main()
