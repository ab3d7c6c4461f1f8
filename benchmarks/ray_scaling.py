"""Rows/s of `seapo sample --runner ray` with one worker and with two, on a slow server.

    python benchmarks/ray_scaling.py [--rows 4800] [--shards 8] [--latency 0.2] [--in-flight 16]

Every request takes `--latency`, and each worker has `--in-flight` of them open, so a worker can
have at most in-flight / latency rows a second. Whole commands are timed, Ray's start and end
included; beside them the same less the time for one row. Target: two workers at least 1.6 times
the rows/s of one, start and end included.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import SEAPO, fast_server, measure, save, show, write_prompts


def write_shards(folder: Path, rows: int, shards: int) -> None:
    """`rows` different prompts, in `shards` files."""
    folder.mkdir()
    whole = folder.with_suffix(".jsonl")
    write_prompts(whole, rows)
    lines = whole.read_text().splitlines(keepends=True)
    for number in range(shards):
        (folder / f"{number:03}.jsonl").write_text("".join(lines[number::shards]))


def seconds(url: str, source: Path, workers: int, in_flight: int, folder: Path) -> float:
    out = folder / f"{source.name}-{workers}"
    command = [*SEAPO, "sample", "--runner", "ray", "--ray-workers", str(workers)]
    command += [str(source), "-o", str(out), "--base-url", url, "--model", "mock"]
    command += ["--concurrency", str(in_flight), "--store", f"{out}.sqlite"]
    return measure(command, folder).wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4800)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--in-flight", type=int, default=16)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as name, fast_server(options.latency) as url:
        folder = Path(name)
        write_shards(folder / "many", options.rows, options.shards)
        write_shards(folder / "one", 2, 2)
        for workers in (1, 2):
            start = seconds(url, folder / "one", workers, options.in_flight, folder)
            whole = seconds(url, folder / "many", workers, options.in_flight, folder)
            ideal = workers * options.in_flight / options.latency
            rows.append(
                {
                    "workers": workers,
                    "start_s": round(start, 2),
                    "whole_s": round(whole, 2),
                    "rows_per_s": round(options.rows / whole, 1),
                    "without_start": round(options.rows / (whole - start), 1),
                    "ideal": round(ideal, 1),
                }
            )
    one, two = rows
    ratios = {key: round(two[key] / one[key], 2) for key in ("rows_per_s", "without_start")}
    show(f"{options.rows:,} rows in {options.shards} shards, {options.latency} s a request", rows)
    print(f"\ntwo workers over one: {ratios}")
    save("ray_scaling", {**vars(options), "target": ">= 1.6", "ratio": ratios, "rows": rows})


if __name__ == "__main__":
    main()
