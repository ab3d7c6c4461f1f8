"""What `seapo filter` catches of 200 forms of junk it was not tuned on, and drops of honest text.

    python benchmarks/filter_unseen.py [--data FOLDER] [--rows 25] [--seed 0]

Caught: each form of `junk_unseen.py` made of rows of `pairs_injected_able`, by kind of form; a form
that leaves a row's text as it is does not count for that row. Dropped: 2,000 real answers with an
honest edit, which are the negatives of that file and, for other answers (other languages too), two
words of the answer that change places. What `given` drops is counted apart: those negatives are
honest mistakes, which the prompt refutes. Targets: 0.9 caught, 0.01 dropped.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness import ROOT, read_rows, save, show
from junk_forms import Make
from junk_unseen import FORMS
from seapo_cli.engine.pipeline import finished
from seapo_cli.options import FilterSettings
from seapo_cli.rows import Keys, read_row
from seapo_cli.stages.filter import Filter, make_filter

OTHERS = ("dolly", "oasst_en", "oasst_other", "seed_tasks", "arena_hard")
HONEST = 2000
Row = dict[str, Any]


def fails(row: Row, stage: Filter) -> list[str]:
    """The checks that reject a row."""
    outcome = finished(stage.process(read_row(row), None))
    (checked,) = outcome.rows or outcome.rejected
    return [name for name, check in checked["checks"].items() if check["verdict"] == "fail"]


def junk(row: Row, name: str, make: Make) -> Row:
    """A row with junk for its negative."""
    made = row | {"negative": make(row)}
    return made | {"response": row["negative"]} if name == "sides swapped" else made


def caught(rows: list[Row], stage: Filter, count: int, seed: int) -> list[dict[str, Any]]:
    """Of each form: how many of `count` rows were made into it, and how many were rejected."""
    found = []
    for kind, forms in FORMS.items():
        for name, make in forms.items():
            drawn = random.Random(f"{seed} {kind} {name}").sample(rows, count)
            made = [(row, junk(row, name, make)) for row in drawn]
            made = [(row, new) for row, new in made if new["negative"] != row["negative"]]
            by = Counter(check for _, new in made for check in fails(new, stage))
            hits = sum(bool(fails(new, stage)) for _, new in made)
            found.append(
                {"kind": kind, "form": name, "rows": len(made), "caught": hits, "by": dict(by)}
            )
    return found


def by_kind(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: dict[str, list[float]] = {}
    for one in found:
        if one["rows"]:
            for kind in (one["kind"], "all"):
                rows.setdefault(kind, []).append(one["caught"] / one["rows"])
    return [
        {
            "kind": kind,
            "forms": len(shares),
            "caught": round(sum(shares) / len(shares), 4),
            "forms_below_half": sum(share < 0.5 for share in shares),
        }
        for kind, shares in rows.items()
    ]


def honest(data: Path, injected: list[Row], seed: int) -> list[Row]:
    """Real answers with an edit that changes what they say and nothing else."""
    rng = random.Random(seed)
    others = [row for name in OTHERS for row in read_rows(data / f"prompts_{name}.jsonl")]
    rng.shuffle(others)
    made = (row | {"negative": swapped(row["response"], rng)} for row in others)
    kept = [row | {"error": {"type": "factual"}} for row in made if row["negative"]]
    return [*injected, *kept][:HONEST]


def swapped(text: str, rng: random.Random) -> str:
    """Two different long words of the prose change places; empty where it has none."""
    words = [m for m in re.finditer(r"(?<=\s)[^\W\d_]{5,}(?=[\s,.])", text) if m[0].islower()]
    if "```" in text or len(words) < 4:
        return ""
    first, second = sorted(rng.sample(words, 2), key=lambda match: match.start())
    if first[0] == second[0]:
        return ""
    middle = text[first.end() : second.start()]
    return f"{text[: first.start()]}{second[0]}{middle}{first[0]}{text[second.end() :]}"


def dropped(rows: list[Row]) -> dict[str, Any]:
    stage = make_filter(FilterSettings(), Keys())
    assert isinstance(stage, Filter)
    lost = {row["id"] + str(n): fails(row, stage) for n, row in enumerate(rows)}
    lost = {name: checks for name, checks in lost.items() if checks}
    given = [name for name, checks in lost.items() if checks == ["given"]]
    return {
        "rows": len(rows),
        "dropped": round((len(lost) - len(given)) / len(rows), 4),
        "dropped_by_given": round(len(given) / len(rows), 4),
        "by": dict(Counter(check for checks in lost.values() for check in checks)),
        "ids": {name: checks for name, checks in lost.items() if checks != ["given"]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rows", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    stage = make_filter(FilterSettings(without=("duplicates",)), Keys())
    assert isinstance(stage, Filter)
    injected = read_rows(options.data / "pairs_injected_able.jsonl")
    whole = [row for row in injected if not fails(row, stage)]
    prose = [row for row in whole if not row["id"].startswith("mbpp")]
    found = caught(prose, stage, options.rows, options.seed)
    show("Caught, by kind", by_kind(found))
    lost = dropped(honest(options.data, injected, options.seed))
    show("Honest text dropped", [{k: v for k, v in lost.items() if k not in ("by", "ids")}])
    target = ">= 0.9 caught, <= 0.01 of honest text dropped"
    result = {"target": target, "seed": options.seed, "kinds": by_kind(found), "honest": lost}
    save("filter_unseen", result | {"forms": found})


if __name__ == "__main__":
    main()
