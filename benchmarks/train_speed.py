"""`seapo train`'s loop beside TRL's DPOTrainer: the same pairs, model, batch and precision.

    pip install trl==1.16.0 matplotlib      # in an environment with the extra `train`
    python benchmarks/train_speed.py PAIRS.jsonl [--steps 4] [--negatives 3] [--shares]

Each loop runs in a process of its own over the same token ids in the same order, so its peak
memory is its own. The first step is a warm-up. Loops take turns, for `--rounds` rounds: other work
on the machine hits all. On a busy one look at processor time, and set OMP_NUM_THREADS=1: threads
that wait for each other use it up as well. With several negatives they are those of one answer,
which for TRL are as many pairs. TRL runs with gradient checkpointing off as ours
does, and again with it on (its default). With --shares the pairs are made so that a given share
of the answer is common to both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import train_loops
from harness import RESULTS, measure, packaged, save, show

LOOPS = ("seapo", "trl", "trl-precomputed")
CHECKPOINTED = tuple(f"{loop}-checkpointed" for loop in LOOPS)
SHARES = (0.0, 0.25, 0.5, 0.8)
_SHARE_STEPS = 2


def run(
    loop: str, examples: Path, options: argparse.Namespace, steps: int, turn: int = 0
) -> dict[str, Any]:
    """One loop in a child process: its seconds per step, losses, gradient file, peak memory."""
    folder = examples.parent
    result = folder / f"{loop}-{turn}.json"
    command = [sys.executable, train_loops.__file__, loop, str(examples), str(options.model)]
    command += [str(result), "--batch", str(options.batch), "--steps", str(steps)]
    command += ["--negatives", str(options.negatives)]
    cost = measure(command, folder)
    return {"loop": loop, **json.loads(result.read_text()), "peak_mb": cost.peak_mb}


def compare(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """All loops on the real pairs."""
    examples = folder / "examples.json"
    rows = (options.steps + 1) * options.batch
    count = train_loops.dump(
        options.pairs, options.model, examples, rows, negatives=options.negatives
    )
    if count < rows:
        raise SystemExit(f"{options.pairs}: {count} pairs, {rows} needed")
    loops = LOOPS + (CHECKPOINTED if options.checkpointed else ())
    turns: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for turn in range(options.rounds):
        for loop in loops:
            turns[loop].append(run(loop, examples, options, options.steps, turn))
    found = [_mean(turns[loop]) for loop in loops]
    ours, gradient = found[0], found[0]["gradient"]
    for one in found:
        one["pairs_per_s"] = options.batch / one["seconds_per_step"]
        one["pairs_per_cpu_s"] = options.batch / one["cpu_seconds_per_step"]
        if (reference := one.pop("reference_seconds", None)) is not None:
            # In the first epoch over a data set each pair also costs its share of this pass.
            per_step = one["seconds_per_step"] + reference / (options.steps + 1)
            one["pairs_per_s_first_epoch"] = options.batch / per_step
        one["ours_is_faster_by"] = ours["pairs_per_s"] / one["pairs_per_s"]
        one["ours_is_faster_by_cpu"] = ours["pairs_per_cpu_s"] / one["pairs_per_cpu_s"]
        one["our_share_of_its_memory"] = ours["peak_mb"] / one["peak_mb"]
        losses = zip(one["losses"], ours["losses"], strict=True)
        one["loss_difference"] = max(abs(loss - ours_loss) for loss, ours_loss in losses)
        one["gradient_difference"] = train_loops.gradient_difference(one.pop("gradient"), gradient)
    return found


def _mean(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """One loop's turns as one; seconds of each are kept."""
    times = [name for name in turns[0] if name.endswith(("seconds", "seconds_per_step"))]
    means = {name: fmean(one[name] for one in turns) for name in times}
    each = {f"{name}_each": [one[name] for one in turns] for name in times if name.endswith("step")}
    return turns[0] | means | each | {"peak_mb": max(one["peak_mb"] for one in turns)}


def by_share(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Seconds per step when a given share of the answer is common; TRL's do not depend on it."""
    found = []
    for share in SHARES:
        examples = folder / f"share-{share}.json"
        rows = (_SHARE_STEPS + 1) * options.batch
        train_loops.dump(options.pairs, options.model, examples, rows, share)
        loops = ("seapo", "trl-precomputed", "trl") if not found else ("seapo",)
        # Two runs, the better one: other work on the machine only ever adds time.
        seconds = {
            loop: min(
                run(loop, examples, options, _SHARE_STEPS)["seconds_per_step"] for _ in range(2)
            )
            for loop in loops
        }
        found.append({"share": share, **(found[0] | {"share": share} if found else {}), **seconds})
    return found


def plot(rows: list[dict[str, Any]]) -> None:
    """`results/train_shares.png`."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    shares = [100 * row["share"] for row in rows]
    for loop in ("trl", "trl-precomputed", "seapo"):
        axes.plot(shares, [row[loop] for row in rows], marker="o", label=loop)
    axes.set(xlabel="answer common to both sides (%)", ylabel="seconds per step", ylim=(0, None))
    axes.legend()
    figure.savefig(RESULTS / "train_shares.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--model", type=Path, help="a Hugging Face folder [default: packaged]")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4, help="measured steps, after one more")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each loop")
    parser.add_argument("--negatives", type=int, default=1, help="of an answer; divides --batch")
    parser.add_argument("--shares", action="store_true")
    parser.add_argument("--checkpointed", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        options.model = options.model or packaged(folder / "model")
        setup = {
            **{name: getattr(options, name) for name in ("batch", "steps", "rounds", "negatives")},
            "model": "SmolLM2-135M, fp32",
            "libraries": {name: version(name) for name in ("torch", "transformers", "trl")},
            "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        }
        if options.shares:
            rows = by_share(options, folder)
            show("Seconds per step by common share of the answer", rows)
            plot(rows)
            save("train_shares", {**setup, "steps": _SHARE_STEPS, "rows": rows})
        else:
            rows = compare(options, folder)
            hidden = ("losses", "each")
            told = [{k: v for k, v in row.items() if not k.endswith(hidden)} for row in rows]
            show("Training loops", told)
            name = "train_speed" if options.negatives == 1 else "train_speed_negatives"
            save(name, {**setup, "rows": rows})


if __name__ == "__main__":
    main()
