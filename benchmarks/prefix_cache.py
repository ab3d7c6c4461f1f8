"""Share of prompt tokens that vLLM takes from its prefix cache, on its own counters.

    python benchmarks/prefix_cache.py --base-url http://127.0.0.1:8000/v1 [--rows 40]
                                      [--sets arena_hard oasst_en] [--modes edit rewrite]

Runs `seapo inject` with three error types per row against a vLLM server that nobody else uses,
and reads `vllm:prefix_cache_hits_total` over `vllm:prefix_cache_queries_total` before and
after. The server's cache is emptied by other data sets in between only as far as it is small.
Target: at least 0.6.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from harness import ROOT, SEAPO, measure, save, show

TYPES = ("factual", "logical", "hallucination")
COUNTERS = ("prefix_cache_queries", "prefix_cache_hits", "request_success")


def counters(url: str) -> dict[str, float]:
    """The server's totals, over all engines and finish reasons."""
    with urlopen(url.removesuffix("/v1") + "/metrics") as reply:
        text = reply.read().decode()
    return {
        name: sum(float(value) for value in re.findall(rf"^vllm:{name}_total\S* (\S+)", text, re.M))
        for name in COUNTERS
    }


def run(url: str, data: Path, mode: str, rows: int) -> dict[str, Any]:
    """One `seapo inject` over the first rows of a data set."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        source, summary = folder / "rows.jsonl", folder / "summary.json"
        source.write_text("".join(data.read_text().splitlines(keepends=True)[:rows]))
        command = [*SEAPO, "inject", str(source), "-o", str(folder / "out.jsonl"), "--no-store"]
        command += ["--base-url", url, "--mode", mode, "--summary", str(summary)]
        command += [part for kind in TYPES for part in ("-t", kind)]
        before = counters(url)
        cost = measure(command, folder, ok=(0, 3))
        used = {name: value - before[name] for name, value in counters(url).items()}
        told = json.loads(summary.read_text())
    return {
        "set": data.stem.removeprefix("prompts_"),
        "mode": mode,
        "rows": rows,
        "negatives": told["rows_out"],
        "requests": round(used["request_success"]),
        "prompt_tokens": round(used["prefix_cache_queries"]),
        "cached_share": round(used["prefix_cache_hits"] / used["prefix_cache_queries"], 3),
        "seconds": round(cost.wall_s, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--sets", nargs="+", default=["arena_hard", "oasst_en"])
    parser.add_argument("--modes", nargs="+", default=["propose"])
    options = parser.parse_args()
    rows = [
        run(
            options.base_url,
            options.data / f"prompts_{name}.jsonl",
            mode,
            options.rows,
        )
        for mode in options.modes
        for name in options.sets
    ]
    show("Prompt tokens from vLLM's prefix cache, three error types per row", rows)
    save("prefix_cache", {"target": ">= 0.6", "rows": rows})


if __name__ == "__main__":
    main()
