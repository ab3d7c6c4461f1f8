"""Rows as pairing sees them: an answer, a negative of it, and what ranks them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from seapo_cli.calls import canonical_json
from seapo_cli.exceptions import RowError
from seapo_cli.formats import load_format
from seapo_cli.mistakes.error_types import canonical_name
from seapo_cli.options import PairSettings
from seapo_cli.rows import Keys, Row, error_type_of, read_sides

PROVENANCE = ("sample", "error", "checks")
"""Keys of a row that `--provenance` keeps."""
LOGPROB_KEY = "sample.logprob"
PLAUSIBILITY_KEY = "checks.plausibility.value"


@dataclass(frozen=True, slots=True)
class Scores:
    """Of both answers, by one check of `filter`."""

    chosen: float
    rejected: float
    margin: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer to a prompt, with a negative of it where the row has one."""

    row: Row
    response: str
    negative: str | None
    """None where only answers are paired with each other."""
    error_type: str | None
    value: float | None
    """The answer's score, or its mean log-probability where `positive` asks for it."""
    negative_value: float | None
    """The same of the negative, where the row has it."""
    scores: Scores | None = None
    """What `filter` found, where `--scores` asks for it."""


@dataclass(frozen=True, slots=True)
class Group:
    """All candidates of one prompt, in input order."""

    number: int
    """From 0, in the order in which the prompts come first."""
    line: int
    """The line of the first."""
    size: int
    """Bytes of input."""
    prompt: bytes
    """Hash of the prompt."""
    candidates: tuple[Candidate, ...]


def read_candidate(row: Row, settings: PairSettings, keys: Keys) -> Candidate:
    """What pairing needs of a row.

    Raises:
        RowError: it lacks what the settings ask for.
    """
    if check := load_format(settings.format).check:
        check(row)
    if settings.strategy == "vanilla":
        return _answer_only(row, settings)
    response, negative = read_sides(row, keys)
    if not negative.strip():
        raise RowError("the negative is empty")
    if negative == response:
        raise RowError("the negative equals the answer: there is nothing to prefer")
    if settings.ranks_by_plausibility:
        plausibility(row.data)
    error_type = error_type_of(row.data)
    return Candidate(
        row=row,
        response=response,
        negative=negative,
        error_type=error_type and canonical_name(error_type),
        value=_value(row.data, settings),
        negative_value=_find(row.data, "score_rejected"),
        scores=_scores(row.data, settings.scores) if settings.scores else None,
    )


def _answer_only(row: Row, settings: PairSettings) -> Candidate:
    if row.response is None:
        raise RowError("no answer: expected key 'response' (`seapo sample` adds it)")
    value = _value(row.data, settings)
    return Candidate(row, row.response, None, None, value, None)


def _value(data: Mapping[str, Any], settings: PairSettings) -> float | None:
    if settings.positive == "score":
        return _number(data, settings.score_key, "name another with --score-key")
    if settings.positive == "logprob":
        hint = "`seapo sample --logprobs` adds it"
        tokens = _number(data, f"{LOGPROB_KEY}.tokens", hint)
        return _number(data, f"{LOGPROB_KEY}.sum", hint) / max(1.0, tokens)
    return _find(data, "score_chosen")


def plausibility(data: Mapping[str, Any]) -> float:
    """How much likelier a model finds the negative than the answer, in nats per token.

    Raises:
        RowError: `seapo filter` has not measured it.
    """
    return _number(data, PLAUSIBILITY_KEY, "`seapo filter --check plausibility` adds it")


def _scores(data: Mapping[str, Any], check: str) -> Scores:
    hint = f"`seapo filter --check {check}` adds it"
    names = ("chosen", "rejected", "margin")
    return Scores(*(_number(data, f"checks.{check}.value.{name}", hint) for name in names))


def _number(data: Mapping[str, Any], path: str, hint: str) -> float:
    found = _find(data, path)
    if found is None:
        raise RowError(f"no number under key {path!r}: {hint}")
    return found


def _find(data: Mapping[str, Any], path: str) -> float | None:
    """The number at a path of keys."""
    found: object = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) and type(found) is not bool else None


def prompt_hash(row: Row) -> bytes:
    """The hash of a prompt; a string is the same prompt as one user turn that holds it."""
    turns: list[Any] = [message.key for message in row.messages]
    turns += [canonical_json(row.tools)] if row.tools else []
    return hashlib.blake2b(orjson.dumps(turns), digest_size=16).digest()


def draw(seed: int, *parts: object) -> int:
    """A random number in [-2^63, 2^63) that depends on `parts` and nothing else."""
    text = "\0".join([str(seed), *map(str, parts)]).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)
