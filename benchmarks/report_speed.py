"""How fast a report of 10,000 rows of 2.5 KB is made, opened and filtered in headless Chromium.

    python benchmarks/report_speed.py [--rows 10000] [--runs 5]

Opened: from the start of the navigation to the first rows drawn. Filtered: from a choice or a key
to the drawn rows; the first search also puts all texts into small letters. Targets: opened within
2 s, filtered within 200 ms. Needs matplotlib and Playwright with a Chromium (`make test-browser`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from harness import ROOT, SEAPO, measure, save, show

sys.path.insert(0, str(ROOT / "tests"))

from browser import chromium

LINE_BYTES = 2500
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TIMED = """async () => {
  const begun = performance.now();
  ACT;
  await (DRAWN)();
  return performance.now() - begun;
}"""


def timed(page: Any, act: str) -> float:
    """Milliseconds from an action to the drawn rows."""
    return float(page.evaluate(TIMED.replace("ACT", act).replace("DRAWN", DRAWN)))


def search(text: str) -> Callable[[Any], float]:
    """Type a text where rows are searched."""
    act = f"""
      const field = document.querySelector(".filters input");
      field.value = {text!r};
      field.dispatchEvent(new Event("input"))"""
    return lambda page: timed(page, act)


def choose(name: str, text: str) -> Callable[[Any], float]:
    """Choose from one of the filters."""
    act = f"""
      const select = document.querySelector(".filters select[aria-label={name}]");
      select.value = [...select.options].find((one) => one.text.startsWith({text!r})).value;
      select.dispatchEvent(new Event("change"))"""
    return lambda page: timed(page, act)


ACTIONS = {
    "first search, right after opening": search("galaxy"),
    "search, a word": search("harbour"),
    "search, a letter": search("e"),
    "search cleared": search(""),
    "type": choose("type", "factual"),
    "type and check": choose("check", "length"),
    "type, check and verdict": choose("verdict", "fail"),
}
WORDS = (
    "galaxy harbour river stone lantern market winter garden bridge copper violet engine paper "
    "island mirror thunder velvet meadow signal orchard the of and in a is was that for with"
).split()


def write_rows(path: Path, count: int) -> None:
    """Rows of `filter`, each a line of about `LINE_BYTES`, with a changed word."""
    rng = random.Random(0)
    with path.open("w") as file:
        for number in range(count):
            words = rng.choices(WORDS, k=128)
            place = rng.randrange(len(words))
            start = len(" ".join([*words[:place], ""]))
            other = rng.choice(["seven", "amber", "Lisbon"])
            edit = {"start": start, "end": start + len(words[place]), "original": words[place]}
            failed = number % 9 == 0
            row = {
                "id": f"row-{number}",
                "prompt": "",
                "response": " ".join(words),
                "negative": " ".join([*words[:place], other, *words[place + 1 :]]),
                "error": {
                    "type": rng.choice(["factual", "logical", "hallucination"]),
                    "mode": "propose",
                    "edits": [edit | {"replacement": other}],
                    "model": "a-model",
                    "usage": {"prompt_tokens": 900, "completion_tokens": 80},
                },
                "checks": {
                    "changed": {"verdict": "pass"},
                    "length": {"verdict": "fail" if failed else "pass", "value": 1.01},
                    "similarity": {"verdict": "pass", "value": 0.97},
                    "answer": {"verdict": "skip", "reason": "no final answer"},
                },
            }
            short = LINE_BYTES - len(json.dumps(row))
            row["prompt"] = " ".join(rng.choices(WORDS, k=short // 6)) + "?"
            file.write(json.dumps(row) + "\n")


def visit(browser: Any, file: Path) -> dict[str, float]:
    """Milliseconds of each action in a fresh browser window."""
    page = browser.new_context(viewport={"width": 1360, "height": 860}).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{file.as_uri()}#rows", wait_until="commit")
    page.wait_for_selector(".item")
    found = {
        "opened": page.evaluate(f"async () => {{ await ({DRAWN})(); return performance.now() }}")
    }
    for name, act in ACTIONS.items():
        found[name] = act(page)
    if said:
        raise SystemExit(f"the page complained: {said}")
    page.context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        rows, html = folder / "rows.jsonl", folder / "report.html"
        write_rows(rows, options.rows)
        cost = measure([*SEAPO, "report", str(rows), "-o", str(html)], folder)
        visits = [visit(browser, html) for _ in range(options.runs)]
        sizes = {"rows_mb": rows.stat().st_size / 1e6, "html_mb": html.stat().st_size / 1e6}
        chrome = browser.version
    lines = [
        {
            "action": action,
            "median_ms": round(median(one[action] for one in visits), 1),
            "max_ms": round(max(one[action] for one in visits), 1),
            "target_ms": 2000 if action == "opened" else 200,
        }
        for action in visits[0]
    ]
    show(f"{options.rows:,} rows, {options.runs} visits", lines)
    made = {"seconds": round(cost.wall_s, 2), "cpu_s": round(cost.cpu_s, 2)}
    made |= {"peak_mb": round(cost.peak_mb, 1), **{k: round(v, 2) for k, v in sizes.items()}}
    show("OutputPair", [made])
    versions = {"chromium": chrome, "matplotlib": version("matplotlib")}
    run = {"rows": options.rows, "runs": options.runs, "load": round(os.getloadavg()[0], 1)}
    save("report", {**run, "versions": versions, "made": made, "actions": lines})


if __name__ == "__main__":
    main()
