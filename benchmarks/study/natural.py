"""Pairs without an injector: two answers of the policy itself, the better one by a judge's word.

The requests hold both answers, so that the arm can be made again without sampling. A judge reads
`REQUESTS` and writes `VERDICTS`, a row `{"id": ..., "better": "a" or "b"}` for each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from study.rows import Row, read

REQUESTS = "vanilla_requests.jsonl"
VERDICTS = "vanilla_verdicts.jsonl"
_END = re.compile(r"[.!?:`)\"'](?=\s)")


def requests(sampled: Sequence[Row]) -> list[Row]:
    """What a judge is asked: both answers to each prompt; equal ones are left out."""
    found: dict[str, Row] = {}
    for row in sampled:
        one = found.setdefault(row["id"], {"id": row["id"], "prompt": row["prompt"]})
        one["b" if "a" in one else "a"] = whole_sentences(row)
    return [one for one in found.values() if "b" in one and one["a"] != one["b"]]


def whole_sentences(row: Row) -> str:
    """The answer; one that the token limit cut ends with its last whole sentence."""
    text: str = row["response"]
    if row["sample"].get("finish_reason") != "length":
        return text
    ends = [found.end() for found in _END.finditer(text)]
    return text[: ends[-1]] if ends else text


def judged(folder: Path) -> list[Row]:
    """Rows as inject writes them; empty where no judge has answered yet.

    Raises:
        SystemExit: verdicts are there, but not one for each request.
    """
    if not (folder / VERDICTS).exists():
        return []
    verdicts = {row["id"]: row["better"] for row in read(folder / VERDICTS)}
    asked = read(folder / REQUESTS)
    if open_ := [row["id"] for row in asked if verdicts.get(row["id"]) not in ("a", "b")]:
        raise SystemExit(f"{folder / VERDICTS}: no verdict a or b for {', '.join(open_[:5])}")
    error = {"type": "natural", "mode": "study", "edits": []}
    return [
        {
            "id": row["id"],
            "prompt": row["prompt"],
            "response": row[better := verdicts[row["id"]]],
            "negative": row["b" if better == "a" else "a"],
            "error": error,
        }
        for row in asked
    ]
