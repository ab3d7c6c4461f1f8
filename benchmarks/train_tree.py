"""What several negatives of one answer cost in a training step: 1, 3 and 8 in a tree, and as pairs.

    python benchmarks/train_tree.py INJECTED.jsonl [--rows 4] [--steps 3]

INJECTED.jsonl has rows of `seapo inject` with their edits, several for an answer. Three negatives
are the first three of an answer; eight are these, then all combinations of their single edits,
those of fewest edits first. All loops run in one process and take turns, step by step, over the
same answers, so that other work on the machine hits all of them; the first step is a warm-up.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import torch

from harness import read_rows, save, show
from seapo_cli.backends.models import find_model
from seapo_cli.formats.reader import read_row_pairs
from seapo_cli.options import LossSettings
from seapo_cli.rows import Edit
from seapo_cli.text.spans import apply_edits, disjoint
from seapo_cli.training.heap import keep_freed_memory
from seapo_cli.training.layout import pack, together
from seapo_cli.training.loss_step import Columns, LossStep
from seapo_cli.training.model import pretrained_model, pretrained_tokenizer, quiet
from seapo_cli.training.processes import Processes
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.tokens import Chat, Limits, Tokenized, tokenize

COUNTS = (1, 3, 8)
LONGEST = 1024
_AS_PAIRS = 3
_MOST_EDITS = 8


def answers(path: Path) -> list[tuple[dict[str, Any], list[str]]]:
    """Each answer that has three negatives, and eight negatives of it."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(path):
        rows[row["prompt"], row["response"]].append(row)
    found = []
    for group in rows.values():
        negatives = list(dict.fromkeys(row["negative"] for row in group))[:3]
        if len(negatives) == 3:
            negatives = list(dict.fromkeys([*negatives, *combined(group)]))[: max(COUNTS)]
        if len(negatives) == max(COUNTS):
            found.append((group[0], negatives))
    return found


def combined(group: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Negatives with every combination of the group's single edits."""
    given = {tuple(e.values()): Edit(**e) for row in group for e in row["error"]["edits"]}
    edits = sorted(given.values(), key=lambda edit: (edit.start, edit.end))[:_MOST_EDITS]
    for size in range(1, len(edits) + 1):
        for chosen in combinations(edits, size):
            if disjoint(chosen):
                yield apply_edits(group[0]["response"], chosen)


def data(sample: Sequence[Any], count: int, chat: Chat) -> Tokenized:
    """The answers with `count` negatives each."""
    pairs = [
        pair
        for number, (row, negatives) in enumerate(sample)
        for pair in read_row_pairs(
            {"prompt": row["prompt"], "chosen": row["response"], "rejected": negatives[:count]},
            str(number),
        )
    ]
    return tokenize(pairs, chat, Limits(LONGEST, "truncate"))


def work(found: Tokenized, scorer: Scorer) -> LossStep:
    """A step of `seapo train` with a reference of zeros, which costs the same."""
    zero, alone = torch.zeros(len(found.examples), 3), Processes(0, 1, torch.device("cpu"))
    columns = Columns.of(found, LossSettings())
    return LossStep(scorer, found.examples, columns, zero, (), zero, LossSettings(), alone)


def timed(one: LossStep, passes: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Seconds on the clock and of the processors that passes over some rows take."""
    begun, used = time.perf_counter(), time.process_time()
    for rows in passes:
        one.train(rows, 1)
    one.scorer.zero_grad()
    return time.perf_counter() - begun, time.process_time() - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("injected", type=Path)
    parser.add_argument("--rows", type=int, default=4, help="answers in a step")
    parser.add_argument("--steps", type=int, default=3, help="measured steps, after one more")
    parser.add_argument("--tokens-only", action="store_true")
    options = parser.parse_args()
    quiet()
    name = str(find_model(None))
    chat = Chat(pretrained_tokenizer(name))
    everything = answers(options.injected)
    random.Random(0).shuffle(everything)
    told = [tokens(count, data(everything, count, chat)) for count in COUNTS]
    show(f"Tokens of {len(everything)} answers", told)
    if options.tokens_only:
        return
    keep_freed_memory()
    scorer = Scorer(pretrained_model(name, torch.float32).train(), path="segments")
    spent: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for step in range(options.steps + 1):
        sample = everything[step * options.rows : (step + 1) * options.rows]
        for count in COUNTS:
            one = work(data(sample, count, chat), scorer)
            rows = range(len(one.examples))
            spent["tree", count].append(timed(one, [rows]))
            if count == _AS_PAIRS:  # a pass for the first negatives, one for the second ...
                passes = [rows[place::count] for place in range(count)]
                spent["pairs", count].append(timed(one, passes))
    totals = {
        key: [sum(column) for column in zip(*of[1:], strict=True)] for key, of in spent.items()
    }
    wall, cpu = totals["tree", 1]
    rows = [
        {
            "loop": loop,
            "negatives": count,
            "s/step": total[0] / options.steps,
            "CPU s/step": total[1] / options.steps,
            "times one negative": total[0] / wall,
            "CPU times one negative": total[1] / cpu,
        }
        for (loop, count), total in totals.items()
    ]
    show("A step", rows)
    setup = {"rows": options.rows, "steps": options.steps, "model": "SmolLM2-135M, fp32"}
    save("train_tree", {**setup, "tokens": told, "steps_measured": rows})


def tokens(count: int, found: Tokenized) -> dict[str, Any]:
    """How many tokens are computed, and what share that is of one negative's."""
    units = together(range(len(found.examples)), found.groups)
    trees = sum(pack(unit, found.examples).tokens for unit in units)
    return {
        "negatives": count,
        "tree": trees,
        "as pairs": sum(example.tokens for example in found.examples),
        "as whole sequences": sum(
            len(e.prompt) + len(side or ()) for e in found.examples for side in e.answer
        ),
    }


if __name__ == "__main__":
    main()
