"""CPU per request and requests/s against a server that costs nothing, 2.4 KB prompts.

    python benchmarks/throughput.py [--rows 10000] [--in-flight 64] [--rounds 3]

Raw aiohttp and the plain openai SDK send from an idle process and are timed from the first
request to the last answer. `seapo sample` is the real command: it also reads the rows, checks
them, stores the answers and writes the rows. It is shown whole, and without its start-up (the
same command on one row). Target: at least three times the SDK's requests/s.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness import ROOT, SEAPO, fast_server, measure, save, show, write_prompts

Figures = dict[str, float]
CLIENTS = Path(__file__).with_name("clients.py")


def client(name: str, url: str, prompts: Path, in_flight: int) -> Figures:
    command = [sys.executable, str(CLIENTS), name, url, str(prompts), str(in_flight)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    figures: Figures = json.loads(done.stdout)
    return figures


def seapo(url: str, prompts: Path, in_flight: int, folder: Path, store: bool) -> Figures:
    path = folder / "store.sqlite"
    for old in folder.glob("store.sqlite*"):
        old.unlink()
    command = [*SEAPO, "sample", str(prompts), "-o", str(folder / "out.jsonl")]
    command += ["--base-url", url, "--model", "mock", "--concurrency", str(in_flight)]
    command += ["--store", str(path)] if store else ["--no-store"]
    cost = measure(command, folder)
    return {"wall_s": cost.wall_s, "cpu_s": cost.cpu_s}


def one_round(url: str, rows: int, in_flight: int, folder: Path) -> dict[str, Figures]:
    """Every client once; the SDK gets a tenth of the rows, as it is slow."""
    many, few, one = (folder / f"{n}.jsonl" for n in ("many", "few", "one"))
    for path, count in ((many, rows), (few, rows // 10), (one, 1)):
        write_prompts(path, count)
    found = {
        "raw aiohttp": client("aiohttp", url, many, in_flight),
        "openai SDK": client("openai", url, few, in_flight),
    }
    found["raw aiohttp"]["rows"], found["openai SDK"]["rows"] = rows, rows // 10
    for store in (True, False):
        name = f"seapo sample, store {'on' if store else 'off'}"
        start = seapo(url, one, in_flight, folder, store)
        whole = seapo(url, many, in_flight, folder, store)
        net = {key: whole[key] - start[key] for key in whole}
        found[name] = whole | {"rows": rows}
        found[f"{name}, less start-up"] = net | {"rows": rows}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, fast_server() as url:
        rounds = [
            one_round(url, options.rows, options.in_flight, Path(folder))
            for _ in range(options.rounds)
        ]
    rate = {n: median(r[n]["rows"] / r[n]["wall_s"] for r in rounds) for n in rounds[0]}
    cost = {n: median(r[n]["cpu_s"] / r[n]["rows"] for r in rounds) for n in rounds[0]}
    rows = [
        {
            "client": name,
            "cpu_ms_per_request": round(cost[name] * 1000, 3),
            "requests_per_s": round(rate[name]),
            "to_sdk": round(rate[name] / rate["openai SDK"], 2),
        }
        for name in rate
    ]
    show(f"{options.rows:,} requests, {options.in_flight} in flight, no latency", rows)
    save("throughput", {**vars(options), "target": ">= 3x the SDK", "rows": rows})


if __name__ == "__main__":
    main()
