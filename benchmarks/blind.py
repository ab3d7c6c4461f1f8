"""Blind reading of negatives: which ways of making them give mistakes worth learning from.

    python benchmarks/blind.py select answers.jsonl [--avoid FILE ...]   40 answers not used before
    python benchmarks/blind.py shuffle FOLDER WAY=ROWS.jsonl ...         items.jsonl and key.json
    python benchmarks/blind.py tally FOLDER READER.jsonl ...             the table, as JSON too

Requests are written by `seapo inject --batch-out` and answered by a large model; readers get
`items.jsonl`, which does not tell the way, and `RUBRIC.md`. "good" is: worse in substance, of
the named type, fluent, nothing else broken, believability at least 4 of 5.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

from harness import read_rows, write_rows
from seapo_cli.mistakes.error_types import load_error_type

DATA = Path(__file__).parents[2] / "shared" / "data"
SOURCES = {"dolly": 10, "oasst_en": 10, "gsm8k_train": 10, "mbpp_train": 10}
SHORTEST, LONGEST = 80, 1600
YES = ("worse", "type_right", "fluent", "nothing_else_broken")
SCALES = ("believable", "instructive")

Row = dict[str, Any]


def select(args: argparse.Namespace) -> None:
    """Answers of each source that no earlier file used."""
    avoid = {row["id"] for path in args.avoid for row in read_rows(path)}
    rng = random.Random(args.seed)
    chosen: list[Row] = []
    for name, count in SOURCES.items():
        rows = [
            row
            for row in read_rows(DATA / f"prompts_{name}.jsonl")
            if row["id"] not in avoid and SHORTEST <= len(row["response"]) <= LONGEST
        ]
        chosen += rng.sample(rows, args.each or count)
    write_rows(args.output, chosen)


def shuffle(args: argparse.Namespace) -> None:
    """Items for readers, who see neither way nor model; the key says which is which."""
    items = []
    for part in args.rows:
        way, _, path = part.partition("=")
        items += [(way, row) for row in read_rows(Path(path))]
    random.Random(args.seed).shuffle(items)
    args.folder.mkdir(parents=True, exist_ok=True)
    key, shown = {}, []
    for number, (way, row) in enumerate(items, 1):
        kind = row["error"]["type"]
        key[str(number)] = {"way": way, "id": row["id"], "type": kind}
        shown.append(
            {
                "item": number,
                "type": kind,
                "meaning": load_error_type(kind).description,
                "prompt": row["prompt"],
                "good": row["response"],
                "bad": row["negative"],
            }
        )
    write_rows(args.folder / "items.jsonl", shown)
    (args.folder / "key.json").write_text(json.dumps(key, indent=0) + "\n", "utf-8")


def is_good(judged: Row) -> bool:
    """The rubric's measure of one judgement."""
    return all(judged[name] for name in YES) and judged["believable"] >= 4


def tally(args: argparse.Namespace) -> None:
    """Means over readers and items, by way and by way and type."""
    key = json.loads((args.folder / "key.json").read_text("utf-8"))
    groups: dict[str, list[list[Row]]] = defaultdict(list)
    readings: dict[str, list[Row]] = defaultdict(list)
    for path in args.readers:
        for judged in read_rows(path):
            readings[str(judged["item"])].append(judged)
    for item, made in key.items():
        if item not in readings:
            continue
        groups[made["way"]].append(readings[item])
        groups[f"{made['way']} {made['type']}"].append(readings[item])
    table = {name: _row(found) for name, found in sorted(groups.items())}
    both = [found for found in readings.values() if len(found) > 1]
    agree = mean(is_good(a) == is_good(b) for a, b, *_ in both) if both else None
    result = {"readers": len(args.readers), "readers_agree_on_good": agree, "ways": table}
    (args.folder / "tally.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    for name, row in table.items():
        print(
            f"{name:<32}",
            *(f"{k} {v:.2f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()),
        )
    print("readers agree on good:", agree)


def _row(items: list[list[Row]]) -> Row:
    flat = [judged for item in items for judged in item]
    good = [judged for judged in flat if is_good(judged)]
    found: Row = {"items": len(items)}
    found |= {name: round(mean(bool(j[name]) for j in flat), 3) for name in YES}
    found |= {name: round(mean(j[name] for j in flat), 2) for name in SCALES}
    found["good"] = round(len(good) / len(flat), 3)
    instructive = mean(j["instructive"] >= 4 for j in good) if good else 0.0
    found["instructive_of_good"] = round(instructive, 3)
    return found


def main() -> None:
    """Run one of the three steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=1)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("select")
    step.add_argument("output", type=Path)
    step.add_argument("--avoid", type=Path, nargs="*", default=[DATA / "pairs_injected_able.jsonl"])
    step.add_argument("--each", type=int)
    step.set_defaults(run=select)
    step = steps.add_parser("shuffle")
    step.add_argument("folder", type=Path)
    step.add_argument("rows", nargs="+")
    step.set_defaults(run=shuffle)
    step = steps.add_parser("tally")
    step.add_argument("folder", type=Path)
    step.add_argument("readers", type=Path, nargs="+")
    step.set_defaults(run=tally)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
