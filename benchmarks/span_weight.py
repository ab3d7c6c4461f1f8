"""Does it help to weigh what was changed? W = 1, 2, 5 and the mask, with spans known exactly.

    cd benchmarks && python span_weight.py [--data FOLDER] [--work FOLDER] [--smoke] [--save]

20 runs of about two minutes on two quiet cores: four arms, five seeds, all on the same short
prompts of the study's pairs for as many steps. A seed decides, as in the study, which of its three
typed mistakes a prompt gets, and the order; arms of one seed differ in the weight only. Each model
is asked about pairs whose mistakes no injector of ours made, and about its own kind of pairs of
prompts that no arm trains on.

The outcome does not grow with sharpness: margin (mean log-probability of a token, right minus
wrong) over its standard deviation, in the mean over the foreign sets; beside it accuracy, and how
far chosen's own log-probability fell. Arms are compared with W = 1, paired by question and by seed,
with the study's statistics. W also makes the log-ratios larger, so that the loss has enough sooner:
what an arm gains by that alone looks like a fall of chosen that is smaller.

What is finished is kept in the work folder, and the same command goes on from there, also within a
run, from its last checkpoint. `--save` writes `results/span_weight.json`. Sets that are left out:
summedits, whose documents are too long for two minutes. Figures of the study's outcome sets are
seen here, so no setting of the study may follow from them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness import ROOT, environment, save, show
from seapo_cli.statistics import Statistic
from seapo_cli.training.likelihood import Likelihoods
from seapo_cli.training.model import quiet
from study.arms import make_pool, mix
from study.outcomes import DEVELOPMENT, PRIMARY
from study.plan import read_plan
from study.rows import Row, drawn, read, write
from study.verdict import Differences, Items, apart, chosen, margin, right, together
from train_speed import packaged

ARMS: dict[str, list[str]] = {
    "W=1": [],
    "W=2": ["--span-weight", "2"],
    "W=5": ["--span-weight", "5"],
    "mask": ["--span-only"],
}
PLAIN = "W=1"
FOREIGN = {"humanevalpack": 44, "steps": 48, "truthfulqa": 120}
"""Pairs that models are asked about, at most."""
_OWN = 32
_PROMPTS = 56
_LONGEST = 350
"""Characters of prompt and answer to train on."""
_LONGEST_ASKED = 600
_MEASURES: Mapping[str, Callable[[Items], Statistic]] = {
    "margin / spread": margin,
    "accuracy": right,
    "log p of chosen": chosen,
}

Asked = Mapping[str, Sequence[Row]]
Run = Mapping[str, Items]
"""`[line, chosen's sum, tokens, rejected's sum, tokens]` of each pair, by set."""


def pairs(data: Path, prompts: int) -> tuple[dict[int, list[Row]], list[Row]]:
    """Rows of inject with their edits by seed modulo 3, and others that are never trained on."""
    plan = replace(read_plan(), longest=_LONGEST, prompts=prompts, development_pairs=_OWN)
    pool = make_pool(read(data / plan.pairs), plan)
    return {seed: mix(pool, plan.types, seed) for seed in range(3)}, list(pool.development)


def questions(data: Path, own: Sequence[Row], share: float) -> Asked:
    """Pairs to ask about, by set, drawn by hash."""
    found: dict[str, Sequence[Row]] = {}
    for name, most in FOREIGN.items():
        about = dict(read_plan().outcomes[name])
        rows = PRIMARY[name](read(data / about["file"]), about)
        short = [row for row in rows if len(row["prompt"] + row["chosen"]) <= _LONGEST_ASKED]
        found[name] = drawn(short, max(4, round(share * most)), name)
    sides = {"response": "chosen", "negative": "rejected"}
    renamed = [{sides.get(key, key): value for key, value in row.items()} for row in own]
    return found | {DEVELOPMENT: renamed[: max(4, round(share * _OWN))]}


def measure(model: Path, asked: Asked) -> dict[str, list[list[float]]]:
    """What a model says about all pairs, as `study.outcomes.compact` has it."""
    likelihoods = Likelihoods(str(model))
    found = {}
    for name, rows in asked.items():
        told = likelihoods.score(
            [
                {
                    "messages": [{"role": "user", "content": row["prompt"]}],
                    "answers": [row["chosen"], row["rejected"]],
                }
                for row in rows
            ]
        )
        found[name] = [
            [
                line,
                *(value for side in zip(one["sums"], one["tokens"], strict=True) for value in side),
            ]
            for line, one in enumerate(told, 1)
        ]
    return found


def train(arm: str, seed: int, rows: Path, model: Path, options: argparse.Namespace) -> Path:
    """One model into a folder of its own; a run that was cut off goes on."""
    folder = options.work / f"{arm}-{seed}"
    command = [sys.executable, "-m", "seapo_cli", "train", str(rows), "-m", str(model)]
    command += ["-o", str(folder), "--seed", str(seed), "--lr", str(options.lr), "--keep", "1"]
    command += ["--epochs", str(options.epochs), "--batch-size", "4", "--accumulate", "2"]
    command += ["--dtype", "fp32", "--save-minutes", "5", *ARMS[arm]]
    if ARMS[arm] and options.tail:
        command += ["--span-tail", str(options.tail)]
    if options.smoke:
        command += ["--max-steps", "1"]
    environs = environment(SEAPO_REFERENCE_CACHE=str(options.work / "reference"))
    code = subprocess.run(command, env=environs, stdout=subprocess.DEVNULL).returncode
    if code:
        raise SystemExit(f"{' '.join(command)}: ended with {code}")
    return folder


def kept(path: Path, compute: Callable[[], Any]) -> Any:
    """What was computed before, else what is computed now."""
    if not path.exists():
        found = compute()
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(path)
    return json.loads(path.read_text())


def one_run(
    arm: str, seed: int, rows: Path, model: Path, asked: Asked, options: argparse.Namespace
) -> dict[str, Any]:
    """Train and measure; only the figures stay, models are large."""
    begun = time.perf_counter()
    folder = train(arm, seed, rows, model, options)
    trained = time.perf_counter()
    metrics = [row for row in read(folder / "train_metrics.jsonl") if "loss" in row]
    found = {
        "train_seconds": round(trained - begun, 1),
        "steps": len(metrics),
        "last": {name: metrics[-1][name] for name in ("loss", "rewards/margins", "logps/chosen")},
        "items": measure(folder, asked),
    }
    shutil.rmtree(folder)
    return found | {"ask_seconds": round(time.perf_counter() - trained, 1)}


def compared(runs: Mapping[str, Mapping[int, Run]], clusters: Mapping[str, Any]) -> list[Any]:
    """Each arm beside the model before training and beside W = 1, which p is about.

    Figures of the foreign sets together, of each, and of our own kind of pairs.
    """
    groups = {"foreign": list(FOREIGN), **{name: [name] for name in FOREIGN}}
    rows = []
    for group, sets in (groups | {DEVELOPMENT: [DEVELOPMENT]}).items():
        for measured, of in _MEASURES.items():
            figures = {
                arm: {seed: together([of(run[name]) for name in sets]) for seed, run in by.items()}
                for arm, by in runs.items()
            }
            differences = Differences(figures, apart([clusters[name] for name in sets]))
            for arm, by in figures.items():
                row = {"pairs": group, "measure": measured, "arm": arm, "seeds": len(by)}
                row["value"] = float(np.mean([one.value for one in by.values()]))
                for control in {"base": ("base",), PLAIN: ("base",)}.get(arm, ("base", PLAIN)):
                    one = differences.of(arm, control)
                    low, high = one.interval()
                    row |= {f"- {control}": one.value, f"- {control}, ±": (high - low) / 2}
                    row |= {"p": one.p_value, "detectable": one.detectable()}
                rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "span_weight", help="runs and figures")
    parser.add_argument("--model", type=Path, help="a Hugging Face folder [default: packaged]")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tail", type=int, default=8, help="--span-tail of all arms but W=1")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--lr", type=float, default=3e-5)
    parser.add_argument("--smoke", action="store_true", help="one step, next to no pairs")
    parser.add_argument("--save", action="store_true", help="write results/span_weight.json")
    options = parser.parse_args()
    quiet()
    if options.smoke:
        options.work, options.seeds = options.work / "smoke", min(2, options.seeds)
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    setup = {name: getattr(options, name) for name in ("tail", "epochs", "lr", "smoke")}
    setup |= {
        "model": str(options.model or "packaged"),
        "prompts": 8 if options.smoke else _PROMPTS,
    }
    if kept(options.work / "setup.json", lambda: setup) != setup:
        raise SystemExit(f"--work: {options.work} has runs with other settings: take another")
    by_seed, own = pairs(options.data, setup["prompts"])
    asked = questions(options.data, own, 0.05 if options.smoke else 1.0)
    model = options.model or options.work / "model"
    if not model.exists():
        packaged(options.work / "model.part").rename(model)
    base = kept(options.work / "base.json", lambda: measure(model, asked))
    runs: dict[str, dict[int, Any]] = {arm: {} for arm in ARMS}
    told: dict[str, dict[int, Any]] = {"base": {0: base}} | {arm: {} for arm in ARMS}
    for seed in range(options.seeds):  # all arms of a seed first: what is there can be compared
        rows = options.work / f"pairs-{seed % 3}.jsonl"
        write(rows, by_seed[seed % 3])
        for arm in ARMS:
            path = options.work / f"{arm}-{seed}.json"
            found = kept(path, lambda: one_run(arm, seed, rows, model, asked, options))  # noqa: B023
            told[arm][seed] = found.pop("items")
            runs[arm][seed] = found
            print(f"{arm}, seed {seed}: {found}", file=sys.stderr, flush=True)
    clusters = {name: [cluster(row) for row in each] for name, each in asked.items()}
    table = compared(told, clusters)
    show("Arms", [row for row in table if row["pairs"] in ("foreign", DEVELOPMENT)])
    if options.save:
        asked_about = {name: len(each) for name, each in asked.items()}
        save("span_weight", {**setup, "pairs": asked_about, "rows": table, "runs": runs})


def cluster(row: Row) -> str:
    """What a pair's figures may hang together by: its prompt."""
    return str(row["prompt"])


if __name__ == "__main__":
    main()
