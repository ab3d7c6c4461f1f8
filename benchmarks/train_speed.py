"""`seapo train`'s loop beside TRL's DPOTrainer: the same pairs, model, batch and precision.

    pip install trl==1.16.0 matplotlib      # in an environment with the extra `train`
    python benchmarks/train_speed.py PAIRS.jsonl [--steps 4] [--shares]

Each loop runs in a process of its own over the same token ids in the same order, so its peak
memory is its own. The first step is a warm-up. TRL runs with gradient checkpointing off as ours
does, and again with it on (its default). With --shares the pairs are made so that a given share
of the answer is common to both sides.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import train_loops
from harness import RESULTS, environment, measure, save, show

LOOPS = ("seapo", "trl", "trl-precomputed")
CHECKPOINTED = tuple(f"{loop}-checkpointed" for loop in LOOPS)
SHARES = (0.0, 0.25, 0.5, 0.8)
_SHARE_STEPS = 2


def run(loop: str, examples: Path, options: argparse.Namespace, steps: int) -> dict[str, Any]:
    """One loop in a child process: its seconds per step, losses, gradient file, peak memory."""
    folder = examples.parent
    result = folder / f"{loop}.json"
    command = [sys.executable, train_loops.__file__, loop, str(examples), str(options.model)]
    command += [str(result), "--batch", str(options.batch), "--steps", str(steps)]
    cost = measure(command, folder)
    return {"loop": loop, **json.loads(result.read_text()), "peak_mb": cost.peak_mb}


def compare(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """All loops on the real pairs."""
    examples = folder / "examples.json"
    rows = (options.steps + 1) * options.batch
    count = train_loops.dump(options.pairs, options.model, examples, rows)
    if count < rows:
        raise SystemExit(f"{options.pairs}: {count} pairs, {rows} needed")
    loops = LOOPS + (CHECKPOINTED if options.checkpointed else ())
    found = [run(loop, examples, options, options.steps) for loop in loops]
    ours, gradient = found[0], found[0]["gradient"]
    for one in found:
        one["pairs_per_s"] = options.batch / one["seconds_per_step"]
        if (reference := one.pop("reference_seconds", None)) is not None:
            # In the first epoch over a data set each pair also costs its share of this pass.
            per_step = one["seconds_per_step"] + reference / (options.steps + 1)
            one["pairs_per_s_first_epoch"] = options.batch / per_step
        one["ours_is_faster_by"] = ours["pairs_per_s"] / one["pairs_per_s"]
        one["our_share_of_its_memory"] = ours["peak_mb"] / one["peak_mb"]
        losses = zip(one["losses"], ours["losses"], strict=True)
        one["loss_difference"] = max(abs(loss - ours_loss) for loss, ours_loss in losses)
        one["gradient_difference"] = train_loops.gradient_difference(one.pop("gradient"), gradient)
    return found


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
    parser.add_argument("--shares", action="store_true")
    parser.add_argument("--checkpointed", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options.model = options.model or packaged(folder / "model")
        setup = {"batch": options.batch, "steps": options.steps, "model": "SmolLM2-135M, fp32"}
        if options.shares:
            rows = by_share(options, folder)
            show("Seconds per step by common share of the answer", rows)
            plot(rows)
            save("train_shares", {**setup, "steps": _SHARE_STEPS, "rows": rows})
        else:
            rows = compare(options, folder)
            show("Training loops", [{k: v for k, v in r.items() if k != "losses"} for r in rows])
            save("train_speed", {**setup, "rows": rows})


def packaged(target: Path) -> Path:
    """The packaged GGUF model as a folder that all loops load."""
    from seapo_cli.backends.models import find_model

    program = Path(__file__).with_name("gguf_to_hf.py")
    command = [sys.executable, str(program), str(find_model(None)), str(target)]
    subprocess.run(
        command, check=True, env=environment(TQDM_DISABLE="1"), stdout=subprocess.DEVNULL
    )
    return target


if __name__ == "__main__":
    main()
