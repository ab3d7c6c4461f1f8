"""Runs one task of lm-evaluation-harness on a transformers model; prints a line for each item.

python -m seapo_cli.stages.evaluation.harness_program '{"model": ..., "task": ..., ...}'
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Run the task that the argument describes."""
    wanted = json.loads(sys.argv[1])
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # it prints its progress; only rows go to stdout
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.disable(logging.WARNING)
    from seapo_cli.training.model import quiet

    quiet()
    for sample in samples(wanted):
        print(json.dumps(sample, default=str), file=lines, flush=True)


def samples(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Id and metrics of each item, in the order of the task."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager
    from torch import cuda

    seeds = dict.fromkeys(
        ("random_seed", "numpy_random_seed", "torch_random_seed", "fewshot_random_seed"),
        wanted["seed"],
    )
    folders = wanted["folders"]
    manager = TaskManager(include_path=folders or None, include_defaults=False)
    if wanted["task"] not in manager.all_tasks:  # finding its own takes 16 s
        manager = TaskManager(include_path=folders or None)
    found = simple_evaluate(
        model="hf",
        model_args=_model(wanted["model"]),
        tasks=[wanted["task"]],
        batch_size=8,
        device="cuda" if cuda.is_available() else "cpu",
        limit=wanted["limit"],
        use_cache=wanted["cache"],
        bootstrap_iters=0,
        task_manager=manager,
        **seeds,
    )
    return [
        {"id": f"{name}/{number}" if len(found["samples"]) > 1 else number, "metrics": metrics}
        for name, some in sorted(found["samples"].items())
        for number, metrics in sorted(_by_item(some).items())
    ]


def _model(name: str) -> dict[str, Any]:
    if name.endswith(".gguf"):
        path = Path(name)
        return {"pretrained": str(path.parent), "gguf_file": path.name, "dtype": "float32"}
    return {"pretrained": name, "dtype": "auto"}


def _by_item(samples: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Metrics by item; those of further filters include the filter's name."""
    found: dict[int, dict[str, Any]] = {}
    for sample in samples:
        known = found.setdefault(sample["doc_id"], {})
        for metric in sample["metrics"]:
            name = metric if metric not in known else f"{metric},{sample['filter']}"
            known[name] = sample[metric]
    return found


if __name__ == "__main__":
    main()
