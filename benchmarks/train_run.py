"""One whole run: prompts to a trained model, on a CPU, by the commands a user would type.

    pip install matplotlib      # in an environment with the extra `train`
    python benchmarks/train_run.py [--prompts 170] [--epochs 2]

`sample | inject | filter | pair` make pairs from prompts of Dolly and GSM8K: the embedded model's
own answers, and the same with a mistake in them. `train` trains that model on them with some of
the prompts held out. Written: `results/train_run.json`, `results/train_run.png`, and the metrics.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import RESULTS, ROOT, environment, save, show, write_rows
from inject_yield import FILES, evenly_spaced

_SEAPO = f"{sys.executable} -m seapo_cli"
_MODEL = "--backend embedded --no-store"
PIPELINE = f"""
set -o pipefail
{_SEAPO} sample prompts.jsonl {_MODEL} --max-tokens 320 --temperature 0.7 |
  {_SEAPO} inject -t factual -t logical -t hallucination {_MODEL} | {_SEAPO} filter |
  {_SEAPO} pair --format trl-chat --provenance --strategy all --max-pairs 360 > pairs.jsonl ||
  test $? -eq 3 # finished, but some answers were cut, say
"""
TRAIN = f"{_SEAPO} train pairs.jsonl --output-dir out --eval-split 0.15 --eval-steps 10"


def run(command: str, folder: Path) -> float:
    """Run a shell command in the folder; returns its seconds."""
    begun = time.perf_counter()
    environs = environment(SEAPO_REFERENCE_CACHE=str(folder / "reference"))
    subprocess.run(["bash", "-c", command], cwd=folder, env=environs, check=True)
    return time.perf_counter() - begun


def write_prompts(path: Path, count: int) -> None:
    """Evenly spaced prompts of both data sets, without their answers."""
    data, each = ROOT.parent / "shared" / "data", count // len(FILES)
    rows = (row for name in FILES.values() for row in evenly_spaced(data / name, each))
    write_rows(path, ({"id": row["id"], "prompt": row["prompt"]} for row in rows))


def plot(told: list[dict[str, Any]], target: Path) -> None:
    """Loss, reward accuracy and chosen's log-probability over the steps."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    for axis, name in zip(axes, ("loss", "rewards/accuracies", "logps/chosen"), strict=True):
        for prefix, label in (("", "a step's pairs"), ("eval/", "held-out pairs")):
            rows = [row for row in told if f"{prefix}{name}" in row]
            marker = "o" if prefix else None
            axis.plot(
                [row["step"] for row in rows],
                [row[f"{prefix}{name}"] for row in rows],
                marker=marker,
                label=label,
            )
        axis.set(xlabel="step", title=name)
    axes[0].legend()
    figure.savefig(target, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=170)
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-5)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_prompts(folder / "prompts.jsonl", options.prompts)
        pipeline_s = run(PIPELINE, folder)
        pairs = (folder / "pairs.jsonl").read_bytes().count(b"\n")
        train = f"{TRAIN} --epochs {options.epochs} --batch-size {options.batch}"
        train_s = run(f"{train} --lr {options.lr} > metrics.jsonl", folder)
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        shutil.copy(folder / "metrics.jsonl", RESULTS / "train_run_metrics.jsonl")
    told = [json.loads(line) for line in lines]
    held_out = [row for row in told if "eval/loss" in row]
    rows = [
        {"step": row["step"]} | {k: v for k, v in row.items() if isinstance(v, float)}
        for row in held_out
    ]
    show("Held-out pairs", rows)
    plot(told, RESULTS / "train_run.png")
    setup = {**vars(options), "pairs": pairs, "pipeline_s": pipeline_s, "train_s": train_s}
    save("train_run", {"model": "SmolLM2-135M-Instruct, fp32", **setup, "held_out": held_out})


if __name__ == "__main__":
    main()
