"""Write docs/types.md: every packaged error type with its blind figure and two examples.

    python benchmarks/types_doc.py benchmarks/results/blind/types

The folder holds `rows.jsonl` (negatives by a large model), `key.json` (which item is which) and
`reader_*.jsonl` (judgements by the rubric). Examples are taken among the negatives that all
readers found good.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

from blind import is_good
from harness import read_rows
from seapo_cli.mistakes.error_types import error_types

DOC = Path(__file__).parents[1] / "docs" / "types.md"
LONGEST = 110
AROUND = 28
HEAD = """# Error types

Made by `benchmarks/types_doc.py` from `benchmarks/results/blind/types`; `seapo types` lists the
same by pack. `-t NAME`, `-t pack:NAME`, or a file of your own
([inject.md](inject.md#your-own-type)).

The figures are from a blind reading: a large model answered the requests of `inject --mode
propose` about answers that the type might fit, and readers, large models too, who knew nothing
else, judged what came of them by `benchmarks/results/blind/RUBRIC.md`. **good** is: worse in
substance, of this type, fluent, nothing else broken, believability at least 4 of 5. A type ships
with at least 0.6. With so few items a share is good to about ± 0.25. "made" is how many of the
answers asked about got a mistake; the model declined the others.

"""

_BELOW = """Below that, and so taken by their names only, not with their packs: {names}.
`style` cannot be worse in substance, which the rubric asks for; read it as what it is.
"""


def main() -> None:
    """Write the document."""
    folder = Path(sys.argv[1])
    key = json.loads((folder / "key.json").read_text("utf-8"))
    rows = {(row["error"]["type"], row["id"]): row for row in read_rows(folder / "rows.jsonl")}
    asked = json.loads((folder / "asked.json").read_text("utf-8"))
    judged: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(folder.glob("reader_*.jsonl")):
        for one in read_rows(path):
            judged[str(one["item"])].append(one)
    by_type: dict[str, list[tuple[str, list[dict[str, Any]]]]] = defaultdict(list)
    for item, made in key.items():
        if item in judged:
            by_type[made["type"]].append((made["id"], judged[item]))
    below = [name for name, kind in error_types().items() if kind.experimental]
    packs: dict[str, list[str]] = defaultdict(list)
    for kind in error_types().values():
        for pack in kind.packs:
            packs[pack].append(kind.name)
    parts = [HEAD, _BELOW.format(names=", ".join(f"`{name}`" for name in below))]
    for pack in sorted(packs, key=lambda name: (name != "general", name)):
        parts += [f"## pack:{pack}\n", _table(packs[pack], by_type, asked)]
        parts += [_examples(name, by_type[name], rows) for name in packs[pack]]
    DOC.write_text("\n".join(parts).rstrip() + "\n", "utf-8")


def _table(names: list[str], by_type: Any, asked: dict[str, int]) -> str:
    lines = [
        "| type | the mistake | made | good | believable | instructive |",
        "|---|---|---|---|---|---|",
    ]
    for name in names:
        kind = error_types()[name]
        label = ", ".join(f"`{n}`" for n in (name, *kind.aliases))
        flat = [one for _, readings in by_type[name] for one in readings]
        if flat:
            figures = (
                f"{len(by_type[name])}/{asked[name]} | {mean(map(is_good, flat)):.2f} | "
                f"{mean(o['believable'] for o in flat):.1f} | "
                f"{mean(o['instructive'] for o in flat):.1f}"
            )
        else:
            figures = "- | - | - | -"
        lines.append(f"| {label} | {kind.description} | {figures} |")
    return "\n".join(lines) + "\n"


def _examples(name: str, items: Any, rows: Any) -> str:
    shown = []
    for row_id, readings in items:
        if len(shown) < 2 and all(map(is_good, readings)) and (name, row_id) in rows:
            row = rows[name, row_id]
            edit = min(row["error"]["edits"], key=lambda e: (e["original"] == "", e["start"]))
            text = row["response"] if isinstance(row["response"], str) else ""
            before = text[max(0, edit["start"] - AROUND) : edit["start"]]
            after = text[edit["end"] : edit["end"] + AROUND]
            shown.append(
                f"  - {_cut(before)}**{_cut(edit['original'])}**{_cut(after)} → "
                f"**{_cut(edit['replacement'])}**"
            )
    return f"- `{name}`:\n" + "\n".join(shown) + "\n" if shown else ""


def _cut(text: str) -> str:
    text = text.replace("\n", " ⏎ ").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


if __name__ == "__main__":
    main()
