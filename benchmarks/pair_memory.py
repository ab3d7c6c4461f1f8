"""Peak memory and speed of `seapo pair` by number of rows, in two orders.

    python benchmarks/pair_memory.py [--rows 100000 1000000]

Rows are those of `inject`: three error types for each prompt, about 1 KB. Adjacent: the rows of a
prompt follow each other. Shuffled: nowhere. Each file goes through the plain paper setting
(one negative of a random type for each answer) and through one that depends on all rows (an
exact mix, easy pairs first). Target: the largest run takes at most 1.5 times the memory of the
smallest, of ten times fewer rows.
"""

from __future__ import annotations

import argparse
import json
import random
from array import array
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import SEAPO, measure, save, show

TYPES = ("factual", "logical", "hallucination")
RUNS = {
    "random": [],
    "mix, easy-to-hard": [
        *("--mix", "factual=0.5,logical=0.3,hallucination=0.2"),
        *("--order", "easy-to-hard"),
    ],
}
_FILLER = "The quick brown fox jumps over the lazy dog. " * 1000


def lines(prompts: range, size: int) -> Iterator[bytes]:
    """Rows of some prompts, about `size` bytes each."""
    for number in prompts:
        answer = f"The answer to question {number} is known. {_FILLER}"[: size // 2 - 100]
        row = {"id": f"row-{number}", "prompt": f"Question {number}?", "response": answer}
        for kind in TYPES:
            negative = answer.replace("known", kind)
            error = {"type": kind, "mode": "edit", "edits": []}
            yield json.dumps(row | {"negative": negative, "error": error}).encode() + b"\n"


def write_adjacent(path: Path, rows: int, size: int) -> None:
    with path.open("wb") as file:
        file.writelines(lines(range(rows // len(TYPES)), size))


def shuffle(source: Path, target: Path) -> None:
    """The same lines in another order.

    In little memory: Linux counts that of the parent as a child's peak until the child has more.
    """
    starts = array("Q")
    with source.open("rb") as file:
        position = 0
        for line in file:
            starts.append(position)
            position += len(line)
        random.Random(0).shuffle(starts)
        with target.open("wb") as out:
            for start in starts:
                file.seek(start)
                out.write(file.readline())


def run(rows: int, size: int) -> Iterator[dict[str, object]]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        adjacent, shuffled = folder / "adjacent.jsonl", folder / "shuffled.jsonl"
        write_adjacent(adjacent, rows, size)
        shuffle(adjacent, shuffled)
        for how, options in RUNS.items():
            for source in (adjacent, shuffled):
                command = [*SEAPO, "pair", str(source), "-o", str(folder / "pairs.jsonl")]
                cost = measure([*command, *options], folder)
                yield {
                    "pairs": how,
                    "order": source.stem,
                    "rows": rows,
                    "peak_mb": round(cost.peak_mb, 1),
                    "seconds": round(cost.wall_s, 1),
                    "cpu_s": round(cost.cpu_s, 1),
                    "rows_per_cpu_s": round(rows / cost.cpu_s),
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--size", type=int, default=1000, help="bytes of a row")
    options = parser.parse_args()
    rows = [found for count in sorted(options.rows) for found in run(count, options.size)]
    for row in rows:
        same = (r for r in rows if (r["pairs"], r["order"]) == (row["pairs"], row["order"]))
        row["to_smallest"] = round(
            float(str(row["peak_mb"])) / float(str(next(same)["peak_mb"])), 3
        )
    show("seapo pair", rows)
    save("pair_memory", {"row_bytes": options.size, "target": "ratio <= 1.5", "rows": rows})


if __name__ == "__main__":
    main()
