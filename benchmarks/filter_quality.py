"""What `seapo filter` keeps of real typed pairs, and what it lets pass of junk made from them.

    python benchmarks/filter_quality.py [--data FOLDER] [--seed 0]

Through the real command. Kept: rows of three sets whose negatives people (or, for HaluEval, a
model) made wrong on purpose. Junk: each row of a set with its negative replaced by something that
teaches nothing; the share rejected is shown by set and kind. A cut is only to be seen where the
response ends as a sentence or parses as code, which most HaluEval responses (names) do not: those
rows are counted apart. Targets: keep >= 0.97 of each set, reject >= 0.99 of each kind.
`--check tests`: all of HumanEvalPack kept, and none of it with the sides swapped.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import ROOT, SEAPO, measure, read_rows, save, show, write_rows
from junk import COMMENTS, FOREIGN, REFUSALS

SETS = ("summedits", "humanevalpack_py", "halueval_qa")
Row = dict[str, Any]
Junk = Callable[[Row, random.Random], str]


def unchanged(row: Row, _rng: random.Random) -> str:
    return str(row["chosen"])


def empty(_row: Row, rng: random.Random) -> str:
    return rng.choice(["", " ", "\n\n"])


def white_space(row: Row, rng: random.Random) -> str:
    """Nothing that a reader sees, and no indentation."""
    text = row["chosen"]
    kinds = [f"{text}\n", f"{text.rstrip()}  \n\n", text.replace("\n", "  \n"), f"\n{text}"]
    if "def " not in text:
        kinds += [text.replace(" ", "\u00a0"), text.replace(". ", ".  ") + "\u200b", f"  {text}"]
    return str(rng.choice([kind for kind in kinds if kind != text]))


def refusal(_row: Row, rng: random.Random) -> str:
    return rng.choice(REFUSALS)


def commentary(row: Row, rng: random.Random) -> str:
    before, after = rng.choice(COMMENTS)
    return f"{before}{row['rejected']}{after}"


def other_language(row: Row, rng: random.Random) -> str:
    """Sentences of one other language, about as long as the negative."""
    sentences = rng.choice(FOREIGN)
    text = ""
    while len(text) < len(row["rejected"]):
        text += rng.choice(sentences) + " "
    return text.strip()


def cut(row: Row, rng: random.Random) -> str:
    """The negative up to a place in its middle."""
    text = str(row["rejected"])
    return text[: max(1, int(len(text) * rng.uniform(0.3, 0.85)))]


KINDS: dict[str, Junk] = {
    "unchanged": unchanged,
    "white space": white_space,
    "empty": empty,
    "refusal": refusal,
    "commentary": commentary,
    "other language": other_language,
    "cut": cut,
}


def rejected(rows: Iterable[Row], *options: str) -> dict[str, Row]:
    """Rows that the command rejects, by id."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        source, dropped = folder / "rows.jsonl", folder / "dropped.jsonl"
        write_rows(source, rows)
        out = ["-o", str(folder / "kept.jsonl"), "--rejected", str(dropped)]
        measure([*SEAPO, "filter", str(source), *out, *options], folder)
        return {row["id"]: row for row in read_rows(dropped)}


def reasons(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows each check rejected."""
    found: dict[str, int] = {}
    for row in rows:
        for name, check in row["checks"].items():
            found[name] = found.get(name, 0) + (check["verdict"] == "fail")
    return {name: count for name, count in found.items() if count}


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def kept_of(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    out = rejected(rows)
    return {
        "set": name,
        "rows": len(rows),
        "kept": share(len(rows) - len(out), len(rows)),
        "rejected_by": reasons(out.values()),
    }


def junk_of(name: str, rows: Sequence[Row], seed: int) -> Iterable[dict[str, Any]]:
    for kind, make in KINDS.items():
        rng = random.Random(f"{seed} {kind} {name}")
        made = [row | {"rejected": make(row, rng)} for row in rows]
        groups = {kind: made}
        if kind == "cut":
            ends = [row["chosen"].rstrip().endswith((".", "!", "?")) for row in made]
            code = name.startswith("humaneval")
            groups = {"cut": [row for row, end in zip(made, ends, strict=True) if end or code]}
            groups["cut, unseen"] = [r for r, end in zip(made, ends, strict=True) if not end][
                : 0 if code else None
            ]
        for label, group in groups.items():
            if group:
                out = rejected(group)
                yield {
                    "set": name,
                    "junk": label,
                    "rows": len(group),
                    "rejected": share(len(out), len(group)),
                    "passed": [row["id"] for row in group if row["id"] not in out][:5],
                }
    yield from repeated(name, rows)


def repeated(name: str, rows: Sequence[Row]) -> Iterable[dict[str, Any]]:
    """Each row again, as it is and with other spacing and a word more in the prompt."""
    bad = rejected(rows)
    kept = [row for row in rows if row["id"] not in bad]
    for kind, prompt in (("duplicate", "{}"), ("near duplicate", "Please:  {} ")):
        again = [
            row | {"id": f"{row['id']} again", "prompt": prompt.format(row["prompt"])}
            for row in kept
        ]
        out = rejected([*kept, *again])
        caught = sum(row["id"] in out for row in again)
        yield {"set": name, "junk": kind, "rows": len(again), "rejected": share(caught, len(again))}


def by_tests(rows: Sequence[Row]) -> dict[str, Any]:
    options = ("--preset", "none", "--check", "tests")
    swapped = [row | {"chosen": row["rejected"], "rejected": row["chosen"]} for row in rows]
    return {
        "set": "humanevalpack_py",
        "kept": share(len(rows) - len(rejected(rows, *options)), len(rows)),
        "swapped_rejected": share(len(rejected(swapped, *options)), len(rows)),
    }


def totals(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rejected by kind over all sets."""
    rows: dict[str, list[float]] = {}
    for one in found:
        rows.setdefault(one["junk"], []).append(one["rows"])
        rows[one["junk"]].append(one["rows"] * one["rejected"])
    return [
        {"junk": kind, "rows": sum(n[::2]), "rejected": round(sum(n[1::2]) / sum(n[::2]), 4)}
        for kind, n in rows.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sets = {name: read_rows(options.data / f"pairs_{name}.jsonl") for name in SETS}
    kept = [kept_of(name, rows) for name, rows in sets.items()]
    show("Kept of real pairs", kept)
    junk = [one for name, rows in sets.items() for one in junk_of(name, rows, options.seed)]
    show("Junk rejected", junk)
    show("Junk rejected, all sets", totals(junk))
    tests = by_tests(sets["humanevalpack_py"])
    show("With --check tests", [tests])
    target = "keep >= 0.97 of each set; reject >= 0.99 of each kind of junk; tests separate all"
    result = {"target": target, "seed": options.seed, "kept": kept, "junk": junk}
    save("filter_quality", result | {"junk_totals": totals(junk), "tests": tests})


if __name__ == "__main__":
    main()
