"""Share of the ideal rate (in flight / latency) with a server that takes 200 ms.

    python benchmarks/latency.py [--rows 20000] [--in-flight 256] [--latency 0.2]

Steady state: the rate between a short and a long run of the same command, (rows_long -
rows_short) / (seconds_long - seconds_short), so that start-up, ramp-up and the last answers,
which both have, cancel out. The whole long run, start-up included, is shown beside it.
Target: at least 0.95 in the steady state.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness import SEAPO, fast_server, measure, save, show, write_prompts


def run(url: str, rows: int, in_flight: int, folder: Path) -> float:
    """Wall seconds of one `seapo sample` with a fresh store."""
    prompts = folder / "prompts.jsonl"
    write_prompts(prompts, rows)
    for old in folder.glob("store.sqlite*"):
        old.unlink()
    command = [*SEAPO, "sample", str(prompts), "-o", str(folder / "out.jsonl")]
    command += ["--base-url", url, "--model", "mock", "--concurrency", str(in_flight)]
    return measure([*command, "--store", str(folder / "store.sqlite")], folder).wall_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    long, short, ideal = options.rows, options.rows // 10, options.in_flight / options.latency
    with TemporaryDirectory() as folder, fast_server(options.latency) as url:
        seconds = [
            [run(url, rows, options.in_flight, Path(folder)) for rows in (short, long)]
            for _ in range(options.rounds)
        ]
    steady = median((long - short) / (slow - fast) for fast, slow in seconds)
    whole = median(long / slow for _, slow in seconds)
    rows = [
        {"what": name, "requests_per_s": round(rate, 1), "share_of_ideal": round(rate / ideal, 3)}
        for name, rate in (("ideal", ideal), ("steady state", steady), ("whole run", whole))
    ]
    show(f"{options.in_flight} in flight at {options.latency * 1000:g} ms", rows)
    save("latency", {**vars(options), "target": ">= 0.95 in the steady state", "rows": rows})


if __name__ == "__main__":
    main()
