"""What models are asked: files for `seapo eval`, drawn from the data by hash, and what it said.

Primary sets are pairs whose mistakes no injector of ours made. `development` is for choosing
settings; `untouched` are answers to prompts that no arm trains on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from study.plan import Plan
from study.rows import Row, draw, drawn, drawn_of_each, read, write
from study.steps import step_pair

DEVELOPMENT = "development"
UNTOUCHED = "untouched"
BENCHMARKS = {
    "truthfulqa_mc1": "eval_truthfulqa_half.jsonl",
    "truthfulqa_mc2": "eval_truthfulqa_half.jsonl",
    "arc_challenge": "eval_arc_challenge.jsonl",
}
_UNTOUCHED_FILES = ("prompts_dolly.jsonl", "prompts_oasst_en.jsonl", "prompts_gsm8k_train.jsonl")
_NOT_ASKED = "No answer."
"""The other side of pairs of which only one is of interest."""


def summedits(rows: Sequence[Row], chosen: dict[str, Any]) -> list[Row]:
    """Some pairs of each document."""
    return drawn_of_each(rows, lambda row: row["prompt"], chosen["per_cluster"], "summedits")


def humanevalpack(rows: Sequence[Row], _: dict[str, Any]) -> list[Row]:
    """All: bugs that people put into right code."""
    return list(rows)


def steps(rows: Sequence[Row], chosen: dict[str, Any]) -> list[Row]:
    """The first wrong step of PaLM 2 against the right one, as many of either task."""
    pairs = [pair for row in rows if (pair := step_pair(row))]
    return drawn_of_each(pairs, lambda row: row["error_type"], chosen["per_kind"], "steps")


def truthfulqa(rows: Sequence[Row], _: dict[str, Any]) -> list[Row]:
    """The best answer against one of the wrong ones, drawn."""
    found = []
    for row in rows:
        wrong = [text.strip() for text in row["Incorrect Answers"].split(";") if text.strip()]
        found.append(
            {
                "id": row["id"],
                "prompt": row["Question"],
                "chosen": row["Best Answer"],
                "rejected": wrong[draw("truthfulqa", row["id"]) % len(wrong)],
                "source": "truthfulqa",
            }
        )
    return [row for row in found if row["chosen"] != row["rejected"]]


PRIMARY = {
    "summedits": summedits,
    "humanevalpack": humanevalpack,
    "steps": steps,
    "truthfulqa": truthfulqa,
}


def untouched(data: Path, known: set[str], most: int) -> list[Row]:
    """Good answers to other prompts than those of the pairs."""
    found: list[Row] = []
    for name in _UNTOUCHED_FILES:
        rows = [row for row in read(data / name) if row["id"] not in known]
        rows = [row for row in rows if 60 < len(row["response"]) < 1200 > len(row["prompt"])]
        found += drawn(rows, -(-most // len(_UNTOUCHED_FILES)), UNTOUCHED)
    return [
        {
            "id": row["id"],
            "prompt": row["prompt"],
            "chosen": row["response"],
            "rejected": _NOT_ASKED,
        }
        for row in found[:most]
    ]


def write_outcomes(
    folder: Path, data: Path, plan: Plan, development: Sequence[Row], known: set[str]
) -> None:
    """All files that models are measured on; `known` are the ids of prompts with typed mistakes."""
    for name, chosen in plan.outcomes.items():
        rows = PRIMARY[name](read(data / chosen["file"]), dict(chosen))
        write(folder / f"{name}.jsonl", drawn(rows, chosen.get("items"), name))
    write(folder / f"{DEVELOPMENT}.jsonl", development)
    write(folder / f"{UNTOUCHED}.jsonl", untouched(data, known, plan.secondary["untouched"]))
    for task, file in BENCHMARKS.items():
        most = plan.secondary[task.split("_mc")[0]]
        write(folder / f"eval_{task}.jsonl", drawn(read(data / file), most, task[:10]))


def tasks(folder: Path, plan: Plan) -> list[str]:
    """Arguments of `seapo eval` for all of it."""
    files = [str(folder / f"{name}.jsonl") for name in (*plan.outcomes, DEVELOPMENT, UNTOUCHED)]
    named = [f"--data={task}={folder / f'eval_{task}.jsonl'}" for task in BENCHMARKS]
    return [*files, *BENCHMARKS, *named]


def compact(results: Sequence[Row]) -> dict[str, list[list[float]]]:
    """Results of `seapo eval` by task, as short as they can be kept.

    Of pairs `[line, chosen's sum, tokens, rejected's sum, tokens]`, of benchmarks
    `[line, right or score]`.
    """
    found: dict[str, list[list[float]]] = {}
    for row in results:
        values = [row["line"]]
        if "chosen" in row:
            for side in (row["chosen"], row["rejected"]):
                values += [round(side["sum"], 3), side["tokens"]]
        else:
            values.append(row["right"] if "right" in row else row["score"])
        found.setdefault(row["task"].removesuffix(".jsonl"), []).append(values)
    return found


def clusters(results: Sequence[Row]) -> dict[str, list[str]]:
    """By task: the cluster of each item, in the order of the lines."""
    found: dict[str, list[str]] = {}
    for row in results:
        found.setdefault(row["task"].removesuffix(".jsonl"), []).append(row["cluster"])
    return found
