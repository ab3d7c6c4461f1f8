"""Yield of `seapo inject` with the embedded model on real answers, by data set, mode and type.

    python benchmarks/inject_yield.py [--rows 200] [--sets gsm8k dolly] [--modes menu rewrite]
                                      [--types factual logical] [--fresh]

Evenly spaced rows of GSM8K and Dolly go through the real command, all types of a mode in one
run, as a user would. Shown by type: the share of rows with an accepted negative, for GSM8K the
share of those that `oracle.py` proves wrong, and the output tokens of all attempts behind an
accepted negative. Shown by run: all output tokens over all negatives, failed attempts included,
and how much of the prompt came from the server's prefix cache. Results of partial runs merge
into one JSON file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import RESULTS, ROOT, SEAPO, machine, measure, read_rows, save, show, write_rows
from oracle import provably_wrong

FILES = {"gsm8k": "prompts_gsm8k_train.jsonl", "dolly": "prompts_dolly.jsonl"}
MODES = ("menu", "rewrite")
TYPES = ("factual", "logical")

Found = dict[str, Any]


def evenly_spaced(path: Path, count: int) -> list[Found]:
    rows = read_rows(path)
    return [rows[number * len(rows) // count] for number in range(count)]


def run(data: Path, name: str, mode: str, types: Sequence[str], count: int) -> Iterator[Found]:
    """One `seapo inject`; yields the figures of each type and those of the whole run."""
    with TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        rows = folder / "rows.jsonl"
        write_rows(rows, evenly_spaced(data / FILES[name], count))
        out, summary = folder / "out.jsonl", folder / "summary.json"
        command = [*SEAPO, "inject", str(rows), "-o", str(out), "--mode", mode, "--no-store"]
        command += ["--backend", "embedded", "--summary", str(summary)]
        command += ["--errors", str(folder / "errors.jsonl")]
        command += [part for kind in types for part in ("-t", kind)]
        cost = measure(command, folder, ok=(0, 3))
        made, told = read_rows(out), json.loads(summary.read_text())
    base = {"set": name, "mode": mode, "rows": count, "date": machine()["date"]}
    for kind in types:
        yield base | {"type": kind} | by_type([r for r in made if r["error"]["type"] == kind], base)
    yield base | {
        "type": "all",
        "accepted": share(len(made), count * len(types)),
        "tokens": round(told["completion_tokens"] / max(1, len(made)), 1),
        "prefix_cache": share(told["cached_tokens"], told["prompt_tokens"]),
        "requests": told["requests_sent"],
        "seconds": round(cost.wall_s, 1),
    }


def by_type(made: list[Found], base: Found) -> Found:
    """Figures of the negatives of one type."""
    infos = [row["error"] for row in made]
    found = {
        "accepted": share(len(made), base["rows"]),
        "attempts": share(sum(info["attempts"] for info in infos), len(infos)),
        "tokens": share(sum(info["usage"]["completion_tokens"] for info in infos), len(infos)),
    }
    if base["set"] == "gsm8k":
        wrong = sum(provably_wrong(row["response"], row["negative"]) for row in made)
        found["provably_wrong"] = share(wrong, len(made))
    return found


def share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def merged(new: list[Found], old: list[Found]) -> list[Found]:
    """`old` with `new` in place of what was measured again."""

    def name(found: Found) -> tuple[str, ...]:
        return found["set"], found["mode"], found["type"]

    kept = {name(found): found for found in [*old, *new]}
    return [kept[key] for key in sorted(kept)]


def cost_ratios(results: list[Found]) -> list[Found]:
    """Output tokens per accepted negative, menu over rewrite, where both were measured."""
    tokens = {(r["set"], r["type"], r["mode"]): r["tokens"] for r in results}
    return [
        {"set": name, "type": kind, "menu_over_rewrite": round(menu / rewrite, 3)}
        for (name, kind, mode), menu in tokens.items()
        if mode == "menu" and (rewrite := tokens.get((name, kind, "rewrite"))) and menu
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--sets", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--fresh", action="store_true", help="forget the earlier results")
    options = parser.parse_args()
    kept = RESULTS / "inject_yield.json"
    results: list[Found] = []
    if kept.exists() and not options.fresh:
        results = json.loads(kept.read_text())["rows"]
    for mode in options.modes:
        for name in options.sets:
            new = list(run(options.data, name, mode, options.types, options.rows))
            results = merged(new, results)
            show(f"{name}, {mode}", new)
            target = "menu: factual >= 0.8 provably wrong; tokens <= 0.25"
            ratios = cost_ratios(results)
            save("inject_yield", {"target": target, "rows": results, "cost": ratios})
    show("Output tokens per accepted negative", cost_ratios(results))


if __name__ == "__main__":
    main()
