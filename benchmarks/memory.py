"""Peak memory of `seapo sample` by number of rows.

    python benchmarks/memory.py [--rows 10000 1000000] [--size 400]

Every row is another request to the fast mock server and lands in a fresh store (start /tmp on a
disk with 1 KB per row to spare). Rows go in by stdin and out by stdout, as in a pipe. Target:
the largest run takes at most 1.2 times the memory of the smallest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import SEAPO, fast_server, measure, save, show, write_prompts


def run(url: str, rows: int, size: int, again: bool) -> list[dict[str, object]]:
    """One fresh run, and `again` from the filled store."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        prompts, store = folder / "prompts.jsonl", folder / "store.sqlite"
        write_prompts(prompts, rows, size)
        command = [*SEAPO, "sample", str(prompts), "--base-url", url, "--model", "mock"]
        command += ["--concurrency", "64", "--store", str(store)]
        found: list[dict[str, object]] = []
        for what in ("requests", "from store")[: 2 if again else 1]:
            cost = measure(command, folder)
            found.append(
                {
                    "rows": rows,
                    "answers": what,
                    "peak_mb": round(cost.peak_mb, 1),
                    "seconds": round(cost.wall_s, 1),
                    "rows_per_s": round(rows / cost.wall_s),
                    "store_mb": round(store.stat().st_size / 2**20, 1),
                }
            )
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--size", type=int, default=400, help="bytes of a prompt")
    parser.add_argument("--no-again", action="store_true", help="skip the runs from the store")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with fast_server() as url:
        for count in sorted(options.rows):
            rows += run(url, count, options.size, not options.no_again)
    for row in rows:
        first = next(r for r in rows if r["answers"] == row["answers"])
        row["to_smallest"] = round(float(str(row["peak_mb"])) / float(str(first["peak_mb"])), 3)
    show("Peak memory", rows)
    save("memory", {"prompt_bytes": options.size, "target": "ratio <= 1.2", "rows": rows})


if __name__ == "__main__":
    main()
