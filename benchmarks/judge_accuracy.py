"""How often the judge finds the better answer, beside choosing the longer one.

    python benchmarks/judge_accuracy.py [--rows 60] [--sets llmbar mtbench_human]
                                        [--backend embedded] [--longest 2500]

Evenly spaced pairs with a gold preference, through the real command with `--check judge` alone.
Shown: the share where both orders prefer the gold answer, where both prefer the other one, where
they disagree; the accuracy among decided pairs; the same with the gold answer's margin above zero,
a tie as half; and how often the gold answer is the longer one. LLMBar has adversarial pairs whose
worse answer reads better. Pairs longer than `--longest` characters are left out for small models.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import ROOT, SEAPO, measure, read_rows, save, show, write_rows

SETS = ("llmbar", "mtbench_human")
Row = dict[str, Any]


def chosen_rows(path: Path, count: int, longest: int) -> list[Row]:
    """Evenly spaced pairs, of those that are short enough."""
    rows = [
        row
        for row in read_rows(path)
        if len(row["prompt"]) + len(row["chosen"]) + len(row["rejected"]) <= longest
    ]
    count = min(count, len(rows))
    return [rows[number * len(rows) // count] for number in range(count)]


def judged(rows: list[Row], options: list[str]) -> tuple[list[Row], float]:
    """The rows with the judge's verdicts, and the seconds that took."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        source, kept, dropped = (folder / f"{part}.jsonl" for part in ("rows", "kept", "dropped"))
        write_rows(source, rows)
        command = [*SEAPO, "filter", str(source), "-o", str(kept), "--rejected", str(dropped)]
        command += ["--preset", "none", "--check", "judge", "--no-store", *options]
        cost = measure(command, folder, ok=(0, 3))
        return [*read_rows(kept), *read_rows(dropped)], cost.wall_s


def share(part: float, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def figures(name: str, rows: list[Row], found: list[Row], seconds: float) -> Row:
    checks = [row["checks"]["judge"] for row in found]
    right = sum(check["verdict"] == "pass" for check in checks)
    wrong = sum("worse" in check.get("reason", "") for check in checks)
    margins = [check["value"]["margin"] for check in checks]
    by_margin = sum(1 if margin > 0 else 0.5 if margin == 0 else 0 for margin in margins)
    longer = sum(len(row["chosen"]) > len(row["rejected"]) for row in rows)
    return {
        "set": name,
        "rows": len(rows),
        "judged": len(found),
        "right": share(right, len(found)),
        "wrong": share(wrong, len(found)),
        "orders_disagree": share(len(found) - right - wrong, len(found)),
        "right_of_decided": share(right, right + wrong),
        "by_margin": share(by_margin, len(found)),
        "longer_is_better": share(longer, len(rows)),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--longest", type=int, default=2500)
    parser.add_argument("--backend", default="embedded")
    parser.add_argument("--base-url")
    parser.add_argument("--model")
    given = parser.parse_args()
    options = ["--backend", given.backend]
    options += ["--base-url", given.base_url] if given.base_url else []
    options += ["--model", given.model] if given.model else []
    results = []
    for name in given.sets:
        rows = chosen_rows(given.data / f"pairs_{name}.jsonl", given.rows, given.longest)
        results.append(figures(name, rows, *judged(rows, options)))
        show("The judge and the gold preference", results)
    model = given.model or "SmolLM2-135M-Instruct"
    save("judge_accuracy", {"model": model, "longest": given.longest, "rows": results})


if __name__ == "__main__":
    main()
