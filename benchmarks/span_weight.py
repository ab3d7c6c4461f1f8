"""Does it help to weigh what was changed? W = 1, 2, 5 and the mask, with spans known exactly.

    python benchmarks/span_weight.py INJECTED.jsonl --foreign FOREIGN.jsonl ... --work FOLDER

One model is trained for each arm and seed with `seapo train`, all on the same pairs for as many
steps; a seed decides their order. Some prompts are held out, by hash. Each model is asked for the
mean log-probability per token of both answers of foreign pairs, which no injector of ours made,
and of the held-out ones.

The outcome does not grow with sharpness: the mean of right minus wrong over its standard deviation,
by set, then over sets; beside it accuracy, and what chosen itself lost. Arms are compared with
W = 1 seed by seed, with a 95% interval of the mean difference (t, over seeds).

What is finished is kept in FOLDER, and the same command goes on from there: also within a run,
which goes on from its last checkpoint. `--save` writes `results/span_weight.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import torch

from harness import environment, save, show
from seapo_cli.backends.models import find_model
from seapo_cli.formats.reader import PreferencePair, read_pairs
from seapo_cli.training.layout import fill
from seapo_cli.training.model import pretrained_model, pretrained_tokenizer, quiet
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Chat, Limits, tokenize

ARMS: dict[str, list[str]] = {
    "W=1": [],
    "W=2": ["--span-weight", "2"],
    "W=5": ["--span-weight", "5"],
    "mask": ["--span-only"],
}
_HELD_OUT = 0.15
_T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Quantiles of Student's t by number of seeds."""

Values = dict[str, dict[str, float]]
"""By set of pairs, then by name of the figure."""


def split(injected: Path, folder: Path, most: int | None) -> dict[str, Path]:
    """The rows for training and the held-out ones, whole prompts on either side."""
    found: dict[str, list[str]] = {"train": [], "own": []}
    for line in injected.read_text().splitlines()[:most]:
        draw = hashlib.blake2b(json.loads(line)["prompt"].encode(), digest_size=8).digest()
        held = int.from_bytes(draw, "big") < _HELD_OUT * 2**64
        found["own" if held else "train"].append(line)
    paths = {name: folder / f"{name}.jsonl" for name in found}
    for name, path in paths.items():
        path.write_text("".join(f"{line}\n" for line in found[name]))
    return paths


def measure(
    model: str, sets: dict[str, Path], options: argparse.Namespace
) -> dict[str, list[list[float]]]:
    """Mean log-probability per token of chosen and rejected, of each pair of each set."""
    chat, limits = Chat(pretrained_tokenizer(model)), Limits(options.max_length, "drop")
    scorer = Scorer(pretrained_model(model, torch.float32).eval(), path="segments")
    found = {}
    for name, path in sets.items():
        pairs = [row for row in read_pairs([path]) if isinstance(row, PreferencePair)]
        examples = tokenize(pairs[: options.foreign_pairs], chat, limits).examples
        if len(examples) < 2:
            raise SystemExit(f"{path}: fewer than two pairs of {options.max_length} tokens")
        means: dict[int, list[float]] = {}
        for rows in fill([[row] for row in range(len(examples))], examples, 2048):
            with torch.no_grad():
                sums = scorer(rows, examples, False).tolist()
            for row, (shared, *sides) in zip(rows, sums, strict=True):
                lengths = [len(answer or ()) for answer in examples[row].answer]
                means[row] = [(shared + s) / n for s, n in zip(sides, lengths, strict=True)]
        found[name] = [means[row] for row in range(len(examples))]
    return found


def figures(means: dict[str, list[list[float]]], base: dict[str, list[list[float]]]) -> Values:
    """What each set says of a model, beside the model before training."""
    found = {}
    for name, pairs in means.items():
        leads = [right - wrong for right, wrong in pairs]
        lost = [before[0] - now[0] for now, before in zip(pairs, base[name], strict=True)]
        found[name] = {
            "lead over its spread": fmean(leads) / stdev(leads),
            "accuracy": fmean(lead > 0 for lead in leads),
            "mean lead": fmean(leads),
            "chosen lost": fmean(lost),
        }
    return found


def train(arm: str, seed: int, pairs: Path, folder: Path, options: argparse.Namespace) -> None:
    """One model into the folder; a run that was cut off goes on."""
    command = [sys.executable, "-m", "seapo_cli", "train", str(pairs), "-m", options.model]
    command += ["-o", str(folder), "--seed", str(seed), "--lr", str(options.lr), "--keep", "1"]
    command += ["--epochs", str(options.epochs), "--batch-size", "4", "--accumulate", "2"]
    command += ["--max-length", str(options.max_length), *ARMS[arm]]
    if ARMS[arm] and options.tail:
        command += ["--span-tail", str(options.tail)]
    environs = environment(SEAPO_REFERENCE_CACHE=str(options.work / "reference"))
    subprocess.run(command, env=environs, check=True, stdout=subprocess.DEVNULL)


def kept(path: Path, compute: Any) -> Any:
    """What was computed before, else what is computed now."""
    if not path.exists():
        found = compute()
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(path)
    return json.loads(path.read_text())


def one_run(
    arm: str, seed: int, paths: dict[str, Path], sets: dict[str, Path], options: argparse.Namespace
) -> dict[str, list[list[float]]]:
    """Train and measure; only the figures stay, models are large."""
    folder = options.work / f"{arm}-{seed}"
    train(arm, seed, paths["train"], folder, options)
    found = measure(str(folder), sets, options)
    shutil.rmtree(folder)
    return found


def summary(runs: dict[str, list[Values]], sets: Iterable[str]) -> list[dict[str, Any]]:
    """A row for each arm and figure: mean over sets and seeds, and the difference from W = 1."""
    rows = []
    for arm, of_seeds in runs.items():
        row: dict[str, Any] = {"arm": arm, "seeds": len(of_seeds)}
        for name in ("lead over its spread", "accuracy", "chosen lost"):
            each = [fmean(values[one][name] for one in sets) for values in of_seeds]
            plain = [fmean(values[one][name] for one in sets) for values in runs["W=1"]]
            row[name] = fmean(each)
            change = [one - other for one, other in zip(each, plain, strict=False)]
            row[f"{name}, change"] = fmean(change)
            row[f"{name}, ±"] = interval(change)
        rows.append(row)
    return rows


def interval(values: Sequence[float]) -> float | None:
    """Half of the 95% interval of a mean; None for a single value."""
    return _T95[len(values)] * stdev(values) / len(values) ** 0.5 if len(values) > 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("injected", type=Path, help="rows of seapo inject, with their edits")
    parser.add_argument("--foreign", type=Path, nargs="+", required=True, help="JSONL of pairs")
    parser.add_argument("--work", type=Path, required=True, help="where runs and figures are kept")
    parser.add_argument("--model", default=str(find_model(None)))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tail", type=int, default=8, help="--span-tail of all arms but W=1")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--lr", type=float, default=1e-5)
    parser.add_argument("--max-length", type=int, default=1024)
    parser.add_argument("--pairs", type=int, help="only the first rows")
    parser.add_argument("--foreign-pairs", type=int, help="only the first pairs of each set")
    parser.add_argument("--save", action="store_true", help="write results/span_weight.json")
    options = parser.parse_args()
    quiet()
    options.work.mkdir(parents=True, exist_ok=True)
    names = ("model", "seeds", "tail", "epochs", "lr", "max_length", "pairs", "foreign_pairs")
    setup = {name: getattr(options, name) for name in names}
    setup |= {"injected": options.injected.name, "foreign": [one.name for one in options.foreign]}
    known = kept(options.work / "setup.json", lambda: setup)
    if known | {"seeds": 0} != setup | {"seeds": 0}:
        raise SystemExit(f"--work: {options.work} has runs with other settings: take another")
    paths = split(options.injected, options.work, options.pairs)
    sets = {path.stem: path for path in options.foreign} | {"own, held out": paths["own"]}
    base = kept(options.work / "base.json", lambda: measure(options.model, sets, options))
    runs: dict[str, list[Values]] = {arm: [] for arm in ARMS}
    for seed in range(options.seeds):  # all arms of a seed first: what is there can be compared
        for arm, found in runs.items():
            path = options.work / f"{arm}-{seed}.json"
            means = kept(path, lambda: one_run(arm, seed, paths, sets, options))  # noqa: B023
            found.append(figures(means, base))
            print(f"{arm}, seed {seed}: {found[-1]}", file=sys.stderr, flush=True)
    foreign = [path.stem for path in options.foreign]
    rows = summary(runs, foreign)
    show("Foreign pairs", [{"arm": "base", **_overall(figures(base, base), foreign)}, *rows])
    if options.save:
        save("span_weight", {**setup, "base": figures(base, base), "rows": rows, "runs": runs})


def _overall(values: Values, sets: Sequence[str]) -> dict[str, float]:
    return {name: fmean(values[one][name] for one in sets) for name in values[sets[0]]}


if __name__ == "__main__":
    main()
