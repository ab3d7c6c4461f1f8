"""What a line or a document is, by its content alone: file names do not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from seapo_cli.rows import NEGATIVE_KEYS, PROMPT_KEYS, RESPONSE_KEYS

Kind = Literal[
    "prompt",
    "answer",
    "negative",
    "kept",
    "dropped",
    "pair",
    "failure",
    "metrics",
    "result",
    "audit",
    "summary",
]
NAMES: dict[Kind, tuple[str, str]] = {
    "prompt": ("prompt", "prompts"),
    "answer": ("answer", "answers"),
    "negative": ("negative", "negatives"),
    "kept": ("row that filter kept", "rows that filter kept"),
    "dropped": ("row that filter dropped", "rows that filter dropped"),
    "pair": ("pair", "pairs"),
    "failure": ("failed row", "failed rows"),
    "metrics": ("line of training metrics", "lines of training metrics"),
    "result": ("result of eval", "results of eval"),
    "audit": ("audit", "audits"),
    "summary": ("summary of a run", "summaries of runs"),
}
"""What messages call one, and several."""
WANTED = "rows or pairs, an --errors or --summary file, metrics of train, audit, results of eval"
_PREFIXES = ("loss", "eval/", "rewards/", "logps/")


def kind_of(data: object) -> Kind | None:
    """What a decoded line or document is; None for what a report cannot show."""
    if not isinstance(data, Mapping):
        return None
    return _document(data) or _line(data) or _row(data)


def _document(data: Mapping[str, Any]) -> Kind | None:
    if {"rows_in", "rows_out"} <= data.keys():
        return "summary"
    if "pairs" in data and isinstance(data.get("parts"), list):
        return "audit"
    return None


def _line(data: Mapping[str, Any]) -> Kind | None:
    if {"model", "task", "line", "cluster"} <= data.keys():
        return "result"
    if {"stage", "reason", "line", "row"} <= data.keys():
        return "failure"
    if "step" in data and any(str(key).startswith(_PREFIXES) for key in data):
        return "metrics"
    return None


def _row(data: Mapping[str, Any]) -> Kind | None:
    has = {key for key in data if data[key] is not None}
    failed = has_failed(data.get("checks"))
    if failed:
        return "dropped"
    if {"chosen", "rejected"} <= has or isinstance(data.get("label"), bool):
        return "pair"
    if has.intersection(NEGATIVE_KEYS):
        return "kept" if isinstance(data.get("checks"), Mapping) else "negative"
    if not has.intersection(PROMPT_KEYS):
        return None
    return "answer" if has.intersection(RESPONSE_KEYS) or _ends_in_answer(data) else "prompt"


def _ends_in_answer(data: Mapping[str, Any]) -> bool:
    turns = next((data[key] for key in PROMPT_KEYS if data.get(key) is not None), None)
    last = turns[-1] if isinstance(turns, list) and turns else None
    return isinstance(last, Mapping) and (last.get("role") or last.get("from")) in (
        "assistant",
        "gpt",
    )


def has_failed(checks: object) -> bool:
    """Whether one of a row's checks speaks against it."""
    if not isinstance(checks, Mapping):
        return False
    return any(
        isinstance(check, Mapping) and check.get("verdict") == "fail" for check in checks.values()
    )
