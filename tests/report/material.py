"""A small run from prompts to pairs, as the stages write it, with what hostile rows may hold."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from running import jsonl
from seapo_cli import filter_rows, pair
from seapo_cli.options import PairSettings

Data = dict[str, Any]

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<!--<script>",
    "\u202egnirts\u202c \u2066x\u2069",
    "\x1b[2J\x00\x07 \x9b",
    "line\u2028separators\u2029here",
    "]]> &lt;b&gt; &amp; 'quotes\" `${x}`",
    "javascript:alert(1)",
)


PLACES = (
    "Lisbon Oslo Quito Cairo Delhi Perth Turin Osaka Lima Kyiv Minsk Dakar Hanoi Seoul Tunis Malmo "
    "Leeds Ghent Basel Porto Split Varna Izmir Haifa Sucre Salta Natal Davao Medan Busan"
).split()


def usage(prompt: int, completion: int) -> Data:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "cached_tokens": 0}


def answer(number: int, source: str = "quiz") -> Data:
    places = ", ".join(random.Random(number).sample(PLACES, 4))
    return {
        "id": f"bee-{number}",
        "prompt": f"How many legs has bee {number}?",
        "response": f"Bee {number} has six legs and four wings. It lives in {places}.",
        "source": source,
        "sample": {"model": "writer", "usage": usage(50, 20)},
    }


def negative(number: int, kind: str = "factual", new: str = "eight") -> Data:
    row = answer(number)
    start = row["response"].index("six")
    edit = {"start": start, "end": start + 3, "original": "six", "replacement": new}
    row["negative"] = row["response"].replace("six", new)
    row["error"] = {
        "type": kind,
        "mode": "propose",
        "edits": [edit],
        "note": f"A bee has six legs, not {new}.",
        "model": "forger",
        "attempts": 2,
        "usage": usage(200, 30),
    }
    return row


def failure(number: int, reason: str = "no quote fits", declined: bool = False) -> Data:
    entry = {"file": "answers.jsonl", "line": number + 1, "id": f"bee-{number}"}
    entry |= {"stage": "inject", "error_type": "style", "reason": reason, "row": answer(number)}
    return entry | ({"declined": True} if declined else {})


def checked(rows: list[Data]) -> tuple[list[Data], list[Data]]:
    """What `filter` keeps and drops."""
    dropped: list[Data] = []
    return list(filter_rows(rows, on_rejected=dropped.append)), dropped


def run_files(folder: Path, count: int = 12) -> list[str]:
    """Files of a whole run: prompts, answers, failures, negatives, kept, dropped, pairs."""
    answers = [answer(n) for n in range(count)]
    negatives = [negative(n, ("factual", "logical")[n % 2]) for n in range(count - 2)]
    negatives[0]["negative"] = negatives[0]["response"]  # unchanged: filter drops it
    negatives[0]["error"]["edits"] = []
    kept, dropped = checked(negatives)
    files = {
        "prompts.jsonl": [{k: a[k] for k in ("id", "prompt", "source")} for a in answers],
        "answers.jsonl": answers,
        "errors.jsonl": [failure(count - 2), failure(count - 1, "It has no tone.", declined=True)],
        "negatives.jsonl": negatives,
        "kept.jsonl": kept,
        "dropped.jsonl": dropped,
        "pairs.jsonl": list(pair(kept, PairSettings(format="trl-chat"))),
    }
    for name, rows in files.items():
        (folder / name).write_bytes(jsonl(rows))
    return [str(folder / name) for name in files]


def audit_document(words: bool = True) -> Data:
    share = {"value": 0.77, "low": 0.72, "high": 0.81}
    part = {
        "by": "all",
        "name": "all",
        "pairs": 365,
        "accuracy": share,
        "chance": {"low": 0.44, "high": 0.56},
        "told_apart": True,
        "shorter_right": share,
        "baselines": {"word": share | {"more_of": "the", "means": "rejected"}},
        "words": [{"text": "allegedly", "chosen": 1, "rejected": 40, "z": -6.0}] * words,
    }
    return {"pairs": 365, "rows_left_out": 0, "parts": [part, part | {"by": "type", "name": "a"}]}


def metrics(steps: int = 4) -> list[Data]:
    lines: list[Data] = []
    for step in range(1, steps + 1):
        figures = {"loss": 0.7 / step, "rewards/margins": 0.1 * step, "rewards/accuracies": 0.9}
        lines.append({"step": step, **figures, "tokens_per_second": 100.0})
        kinds = {"factual": figures, "logical": figures}
        lines.append({"step": step, "eval/loss": 0.6 / step, "eval/by_error_type": kinds})
    return lines


def results(count: int = 20) -> list[Data]:
    return [
        {
            "model": model,
            "task": "arc_challenge",
            "line": line,
            "id": str(line),
            "cluster": str(line),
            "right": float(line % every > 0),
        }
        for model, every in (("base", 2), ("tuned", 5))
        for line in range(1, count + 1)
    ]


def write_json(path: Path, document: object) -> str:
    """As `--summary` and audit write it: over several lines."""
    path.write_text(json.dumps(document, indent=2))
    return str(path)
