"""One run: pairs, audit, training and evaluation, each by the command that a user would type.

What is finished is a file in the results folder and is not done again. Within a run `seapo train`
goes on from its last checkpoint and `seapo eval` from its store.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import SEAPO, environment, machine, packaged
from study import natural
from study.arms import NATURAL, RECIPES, Pool, filled, make_pool
from study.outcomes import DEVELOPMENT, clusters, compact, tasks, write_outcomes
from study.plan import Plan, Run
from study.rows import read, whole, write
from study.verdict import scaled

_SHOWN = ("loss", "rewards/margins", "rewards/accuracies", "rewards/chosen", "logps/chosen")


@dataclass(frozen=True, slots=True)
class Study:
    """A plan with its folders."""

    plan: Plan
    data: Path
    work: Path
    """Rows, models, the store: large, and made again where it is gone."""
    results: Path
    """Small files, for git."""
    keep_models: bool = False

    def seapo(self, *arguments: str, ok: Sequence[int] = (0,)) -> float:
        """Run a command to its end; returns its seconds.

        Raises:
            KeyboardInterrupt: it was interrupted.
            SystemExit: it failed.
        """
        environs = environment(SEAPO_REFERENCE_CACHE=str(self.work / "reference"))
        begun = time.perf_counter()
        child = subprocess.Popen([*SEAPO, *arguments], env=environs, stdout=subprocess.DEVNULL)
        try:
            code = child.wait()
        except KeyboardInterrupt:  # the child got it too, and saves what it has
            child.wait()
            raise
        if code == 130:
            raise KeyboardInterrupt
        if code not in ok:
            raise SystemExit(f"seapo {' '.join(arguments)}: ended with {code}")
        return time.perf_counter() - begun

    def known(self, name: str) -> dict[str, Any] | None:
        """A finished result.

        Raises:
            SystemExit: it is of another plan.
        """
        path = self.results / f"{name}.json"
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if found["plan"] != self.plan.hash:
            raise SystemExit(f"{path}: was made by another plan.toml: take it away, or the change")
        return found

    def keep(self, name: str, result: Mapping[str, Any]) -> None:
        """A result as a file, a line for each key."""
        lines = (
            f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in {"plan": self.plan.hash, **result}.items()
        )
        whole(self.results / f"{name}.json", "{\n" + ",\n".join(lines) + "\n}\n")

    # Data

    def pool(self) -> Pool:
        """Prompts that no outcome set holds, with their negatives; writes the outcome sets."""
        rows = read(self.data / self.plan.pairs)
        self.work.mkdir(parents=True, exist_ok=True)
        clean = self.work / "decontaminated.jsonl"
        if not clean.exists():
            files = [f"--decontaminate={self.data / name}" for name in self.plan.decontaminate]
            part = clean.with_suffix(".new.jsonl")
            self.seapo(
                "pair", str(self.data / self.plan.pairs), "--strategy=all", "--provenance", *files,
                "-o", str(part), f"--summary={self.work / 'decontamination.json'}",
            )  # fmt: skip
            part.replace(clean)
        kept = {row["id"] for row in read(clean)}
        pool = make_pool([row for row in rows if row["id"] in kept], self.plan)
        known = {row["id"] for row in rows}
        write_outcomes(self.outcomes, self.data, self.plan, pool.development, known)
        return replace(pool, natural=self._judged(pool))

    @property
    def outcomes(self) -> Path:
        """Where the files are that models are asked."""
        return self.work / "outcomes"

    def _judged(self, pool: Pool) -> list[dict[str, Any]]:
        rows = {row["id"]: row for row in natural.judged(self.results)}
        return [rows[name] for name in pool.negatives if name in rows]

    def prompts(self, pool: Pool) -> Path:
        """The prompts that all arms train on, with their good answers."""
        path = self.work / "prompts.jsonl"
        keys = ("id", "prompt", "response", "source")
        write(path, ({key: pool.first(name)[key] for key in keys} for name in pool.negatives))
        return path

    def requests(self, pool: Pool) -> Path:
        """Let the policy answer each prompt twice; what a judge is to be asked."""
        sampled, path = self.work / "sampled.jsonl", self.results / natural.REQUESTS
        asked = self.work / "asked.jsonl"
        write(asked, ({k: row[k] for k in ("id", "prompt")} for row in read(self.prompts(pool))))
        self.seapo(
            "sample", str(asked), "-n", "2", "--temperature=0.8", "--max-tokens=256",
            "--truncated=keep", *self._model(), "-o", str(sampled), *self._store(), ok=(0, 3),
        )  # fmt: skip
        write(path, natural.requests(read(sampled)))
        return path

    def _packaged(self, pool: Pool) -> list[dict[str, Any]]:
        """The good answers, with what the packaged model's menu makes of them."""
        path = self.work / "packaged.jsonl"
        if not path.exists():
            part = path.with_suffix(".new.jsonl")
            self.seapo(
                "inject", str(self.prompts(pool)), "--mode=menu", "-t", "factual", "-t", "logical",
                "--backend=embedded", "-o", str(part), *self._store(),
                f"--errors={self.work / 'packaged_errors.jsonl'}", ok=(0, 3),
            )  # fmt: skip
            part.replace(path)
        return read(path)

    def _store(self) -> list[str]:
        return [f"--store={self.work / 'store.sqlite'}"]

    def _model(self) -> list[str]:
        return [f"--model={self.plan.model}"] if self.plan.model else []

    def start(self) -> list[str]:
        """The model to train, as a folder: reading a GGUF file takes half a minute each time."""
        if self.plan.model:
            return self._model()
        folder = self.work / "packaged_model"
        if not folder.exists():
            part = packaged(folder.with_suffix(".new"), "float32")
            part.replace(folder)
        return [f"--model={folder}"]

    # Runs

    def base(self) -> None:
        """The model before training, and the clusters of all items."""
        if self.known("base") and self.known("items"):
            return
        rows, seconds = self.evaluate(None, tasks(self.outcomes, self.plan), "base")
        self.keep("items", {"clusters": clusters(rows)})
        self.keep(
            "base", {"machine": machine(), "eval_seconds": round(seconds), "items": compact(rows)}
        )

    def tune(self, pool: Pool) -> None:
        """Train with each rate; measure on the development pairs only."""
        tuning = self.plan.tuning
        for name in tuning.arms:
            for rate in tuning.rates:
                run = Run(self.plan.arm(name), tuning.seed)
                told = f"tuning/{run.name}-{rate:g}"
                asked = [str(self.outcomes / f"{DEVELOPMENT}.jsonl")]
                self._run(run, pool, told, asked, rate, {"epochs": tuning.epochs})

    def rate(self, arm: str) -> float:
        """The rate with the highest scaled margin on the development pairs."""
        tuning = self.plan.tuning
        arm = arm if arm in tuning.arms else self.plan.verdict["arm"]
        run = Run(self.plan.arm(arm), tuning.seed)

        def margin(rate: float) -> float:
            found = self.known(f"tuning/{run.name}-{rate:g}")
            assert found is not None
            return scaled(found["items"][DEVELOPMENT])

        return max(tuning.rates, key=margin)

    def run(self, run: Run, pool: Pool) -> None:
        """Train an arm with a seed, and ask it everything."""
        if run.arm.data in NATURAL and not pool.natural:
            print(f"{run.name}: left out: {self.results / natural.VERDICTS} is missing")
            return
        rate = self.rate(run.arm.name)
        self._run(run, pool, f"runs/{run.name}", tasks(self.outcomes, self.plan), rate, {})

    def _run(
        self,
        run: Run,
        pool: Pool,
        told: str,
        asked: Sequence[str],
        rate: float,
        changed: Mapping[str, Any],
    ) -> None:
        if self.known(told):
            return
        print(f"\n{told}: rate {rate:g}", file=sys.stderr, flush=True)
        pairs, audit = self.pairs(run, pool)
        model = self.work / told
        resumed = model.exists()
        options = {**self.plan.train, **run.arm.options, **changed, "lr": rate, "seed": run.seed}
        seconds = self.seapo(
            "train", str(pairs), "-o", str(model), *self.start(), *as_options(options),
            "--keep=1", "--save-minutes=5",
        )  # fmt: skip
        metrics = [row for row in read(model / "train_metrics.jsonl") if "loss" in row]
        rows, eval_seconds = self.evaluate(model, asked, told)
        result = {
            "arm": run.arm.name,
            "seed": run.seed,
            "rate": rate,
            "machine": machine(),
            "train_seconds": round(seconds),
            "eval_seconds": round(eval_seconds),
            "resumed": resumed,  # then the seconds are those of the last part only
            "pairs": len(read(pairs)),
            "steps": len(metrics),
            "audit": audit,
            "last": {key: metrics[-1].get(key) for key in _SHOWN},
            "items": compact(rows),
        }
        self.keep(told, result)
        if not self.keep_models:
            shutil.rmtree(model)

    def pairs(self, run: Run, pool: Pool) -> tuple[Path, dict[str, Any]]:
        """The pairs of an arm, and how well they can be told apart without the question."""
        folder, name = self.work / "arms", run.name
        if run.arm.data == "packaged":
            pool = replace(pool, packaged=self._packaged(pool))
        rows = RECIPES[run.arm.data](pool, self.plan.types, run.seed)
        write(folder / f"{name}.rows.jsonl", rows)
        pairs, audit = folder / f"{name}.distinct.jsonl", folder / f"{name}.audit.json"
        group = ["--group"] if run.arm.data == "all types" else []
        self.seapo(
            "pair", str(folder / f"{name}.rows.jsonl"), "--strategy=all", "--provenance", *group,
            "-o", str(pairs),
        )  # fmt: skip
        self.seapo("audit", str(pairs), "-o", str(audit))
        told = next(part for part in json.loads(audit.read_text("utf-8"))["parts"])
        shown = {key: told.get(key) for key in ("accuracy", "chance", "shorter_right")}
        distinct = read(pairs)
        write(target := folder / f"{name}.jsonl", filled(distinct, len(pool.negatives)))
        return target, {"distinct": len(distinct), **shown}

    def evaluate(
        self, model: Path | None, asked: Sequence[str], told: str
    ) -> tuple[list[dict[str, Any]], float]:
        """A model's results, None being the one before training, and the seconds they took."""
        path = self.work / "results" / f"{told.replace('/', '-')}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        named = [f"--model={model}"] if model else self.start()
        seconds = self.seapo("eval", *named, *asked, *self._store(), "-o", str(path))
        return read(path), seconds


def as_options(options: Mapping[str, Any]) -> list[str]:
    """`{"epochs": 2}` as `--epochs 2`; a list is several values."""
    found: list[str] = []
    for name, value in options.items():
        found += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return found
