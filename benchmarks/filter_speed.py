"""Rate and peak memory of `seapo filter` without a model, by number of rows.

    python benchmarks/filter_speed.py [--rows 10000 1000000] [--preset default]

Real answers of 700 to 1,400 characters (mean about 1 KB), each with one word of prose replaced,
another one in every repetition, and the `error` that `inject` writes. One process on one core:
from a file to a file, start-up not counted (that of an empty file is taken off). `rewritten` rows
have a word in every sixty replaced, so that the differing part is most of the answer. `--sizes`
takes other answers: short ones where only memory is measured. Targets: 20,000 rows/s with the
default preset; peak memory at 1,000,000 rows at most 1.2 times that at 10,000.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import ROOT, SEAPO, measure, read_rows, save, show, write_rows

FILES = ("prompts_oasst_en.jsonl", "prompts_dolly.jsonl", "prompts_arena_hard.jsonl")
WORDS = "amber birch cedar delta ember fjord grove heron inlet juniper knoll larch".split()


def answers(data: Path, sizes: range) -> list[dict[str, str]]:
    rows = (row for name in FILES for row in read_rows(data / name))
    return [r for r in rows if len(r["response"]) in sizes and isinstance(r["prompt"], str)]


def made(base: list[dict[str, str]], count: int, every: int | None) -> Iterator[dict[str, Any]]:
    """Rows with one word replaced, or one in every `every`."""
    for number in range(count):
        row = base[number % len(base)]
        words = row["response"].split(" ")
        first = number * 7919 % len(words)
        step = every or len(words)
        for place in range(first % step if every else first, len(words), step):
            if "```" in row["response"] or "def " in row["response"]:
                place = prose_before(words, place)
            words[place] = f"{WORDS[(number + place) % len(WORDS)]}{number // len(base) % 97}"
        error = {"type": "factual", "mode": "edit", "model": "m", "finish_reason": "stop"}
        yield {
            "id": f"row-{number}",
            "prompt": row["prompt"],
            "response": row["response"],
            "negative": " ".join(words),
            "error": error,
        }


def prose_before(words: list[str], place: int) -> int:
    """The nearest place before that is not code: as `inject`, which keeps code parsing."""
    while place and (" ".join(words[:place]).count("```") % 2 or not words[place].isalpha()):
        place -= 1
    return place


def run(folder: Path, rows: int, preset: str) -> dict[str, Any]:
    source, out = folder / "rows.jsonl", folder / "out.jsonl"
    summary = folder / "summary.json"
    command = [*SEAPO, "filter", str(source), "-o", str(out), "--preset", preset]
    cost = measure([*command, "--summary", str(summary)], folder)
    told = json.loads(summary.read_text())
    out.unlink()
    return {
        "rows": rows,
        "mean_bytes": round(source.stat().st_size / max(1, rows)),
        "kept": told["rows_out"],
        "seconds": round(cost.wall_s, 2),
        "cpu_s": round(cost.cpu_s, 2),
        "peak_mb": round(cost.peak_mb, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rewritten", type=int, default=20_000)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--sizes", type=int, nargs=2, default=[700, 1400], help="characters")
    parser.add_argument("--name", default="filter_speed", help="of the file of results")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    base = answers(options.data, range(*options.sizes))
    found = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "rows.jsonl"
        source.touch()
        start = run(folder, 0, options.preset)
        kinds = [(count, None) for count in sorted(options.rows)]
        for count, every in [*kinds, (options.rewritten, 60)]:
            write_rows(source, made(base, count, every))
            row = {"negatives": "rewritten" if every else "edited"}
            row |= run(folder, count, options.preset)
            row["rows_per_s"] = round(count / (row["seconds"] - start["seconds"]))
            row["rows_per_cpu_s"] = round(count / (row["cpu_s"] - start["cpu_s"]))
            found.append(row)
    show(f"seapo filter --preset {options.preset}, one core, {len(base)} real answers", found)
    save(
        "filter_speed", {"target": "20,000 rows/s; memory <= 1.2 x", "start": start, "rows": found}
    )


if __name__ == "__main__":
    main()
