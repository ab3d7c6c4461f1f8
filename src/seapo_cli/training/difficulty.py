"""How hard each pair is for the model before training, and what follows for the order of pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch
from rapidfuzz.fuzz import ratio

from seapo_cli.exceptions import SeapoError
from seapo_cli.formats.reader import PreferencePair
from seapo_cli.io.json_text import encode
from seapo_cli.io.jsonl import Output
from seapo_cli.training.layout import CHOSEN, REJECTED

_NAMED = 3
"""How many pairs, those whose chosen fell, a warning names."""


@dataclass(frozen=True, slots=True)
class PairScore:
    """What is known about one pair of answers."""

    reference_margin: float
    """log p(chosen) - log p(rejected) under the reference, in nats: below 0 it prefers rejected."""
    ches: float
    """How similar the model's hidden states are on both sides; see `ches`."""
    ches_per_token: float
    similarity: float
    """Share of the texts that is the same, from 0 to 1."""


Scored = Sequence[PairScore | None]
"""By row; None for single judged answers."""


def ches(states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """[n, 2] CHES of pairs (arXiv 2410.08847), and the same of mean hidden states.

    `states` [n, 3, D]: sums of the last hidden states that predict the tokens of shared part,
    chosen and rejected; `tokens` [n, 3]: how many they are. With h the sum over a whole answer, the
    score is h(chosen) . h(rejected) - |h(chosen)|^2. The higher it is, the more chosen itself loses
    when rejected is pushed down.
    """
    shared, chosen, rejected = states.unbind(1)
    lengths = tokens[:, :1] + tokens[:, 1:]
    whole = (shared + chosen) / lengths[:, :1].clamp(min=1)
    other = (shared + rejected) / lengths[:, 1:].clamp(min=1)
    # h(rejected) - h(chosen) without the shared part, which would cost most digits.
    sums = ((shared + chosen) * (rejected - chosen)).sum(-1)
    return torch.stack([sums, (whole * (other - whole)).sum(-1)], dim=1)


def pair_scores(
    pairs: Sequence[PreferencePair], reference: torch.Tensor, similar: torch.Tensor
) -> list[PairScore | None]:
    """Scores of pairs, of the reference's sums [n, 3 or more] and CHES [n, 2]."""
    margins = (reference[:, CHOSEN] - reference[:, REJECTED]).tolist()
    return [
        None
        if pair.chosen is None or pair.rejected is None
        else PairScore(margin, score, per_token, ratio(pair.chosen, pair.rejected) / 100)
        for pair, margin, (score, per_token) in zip(pairs, margins, similar.tolist(), strict=True)
    ]


def write_scores(path: str, pairs: Sequence[PreferencePair], scores: Scored) -> None:
    """One JSON object for each pair."""
    _write(path, (_told(pair, score) for pair, score in zip(pairs, scores, strict=True)))


def displaced(
    fallen: Mapping[int, float], pairs: Sequence[PreferencePair], scores: Scored, path: Path
) -> str:
    """Write the rows whose chosen answer fell, and by how many nats; names the first of them."""
    _write(str(path), (_told(pairs[row], scores[row], fall=fall) for row, fall in fallen.items()))
    named = [
        f"{pairs[row].where} (by {fall:.1f}{'' if score is None else f', CHES {score.ches:.3g}'})"
        for row, fall in list(fallen.items())[:_NAMED]
        for score in [scores[row]]
    ]
    return f"chosen fell most in {', '.join(named)}; all {len(fallen):,} such pairs: {path}"


def _write(path: str, rows: Iterable[dict[str, Any]]) -> None:
    with Output(path) as output:
        for row in rows:
            output.write(encode(row))


def _told(pair: PreferencePair, score: PairScore | None, **more: Any) -> dict[str, Any]:
    """A pair by where it comes from, and what is known of it."""
    file, _, line = pair.where.rpartition(":")
    known = {} if score is None else asdict(score)
    about = {"file": file, "line": int(line), "error_type": pair.error_type}
    return {**about, **more, **known, "chosen": pair.chosen, "rejected": pair.rejected}


def within(
    units: Sequence[Sequence[int]], scores: Scored, window: tuple[float, float]
) -> list[list[int]]:
    """The units without pairs whose reference margin is outside the window.

    Raises:
        SeapoError: nothing is left.
    """

    def fits(row: int) -> bool:
        score = scores[row]
        return score is None or window[0] <= score.reference_margin <= window[1]

    found = [left for unit in units if (left := [row for row in unit if fits(row)])]
    if not found:
        margins = [s.reference_margin for unit in units for row in unit if (s := scores[row])]
        raise SeapoError(
            f"--margin-window leaves no pair: reference margins range from {min(margins):.2f} to "
            f"{max(margins):.2f} nats, their median is {median(margins):.2f}"
        )
    return found


def easy_first(units: Sequence[Sequence[int]], scores: Scored) -> list[Sequence[int]]:
    """Units by falling reference margin, their mean where they have several pairs."""

    def ease(unit: Sequence[int]) -> float:
        known = [s.reference_margin for row in unit if (s := scores[row])]
        return fmean(known) if known else -math.inf

    return sorted(units, key=ease, reverse=True)


def means(rows: Iterable[int], scores: Scored) -> dict[str, float]:
    """Mean scores of some rows, for the metrics; empty if nothing is known."""
    known = [asdict(score) for row in rows if scores and (score := scores[row])]
    names = known[0] if known else ()
    return {f"pairs/{name}": fmean(one[name] for one in known) for name in names}
