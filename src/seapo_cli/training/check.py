"""The self-check before training: does this model give the same values on the fast path?

Two questions are put to the model, in the precision and the mode of training:

- Does each part have the log-probability that plain sequences give it? This finds what is computed
  differently: another head, other positions, another mask.
- When the tokens of one branch change, do the other branch, the common part, or the pair beside it
  move? They may not, whatever the values are. This finds layers that look past the attention, such
  as convolutions and recurrent states.

The parts asked about are a few tokens long, so that an error is not averaged away.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle, islice

import torch

from seapo_cli.errors import SeapoError
from seapo_cli.training.layout import CHOSEN, REJECTED, SHARED
from seapo_cli.training.scorer import Path, Scorer
from seapo_cli.training.tokens import Example, Ids

Score = Callable[[Sequence[int], Sequence[Example], bool], torch.Tensor]

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.05}
"""Nats per token that two layouts may differ by. bf16 has 8 bits: a logit of 25 is rounded to the
nearest eighth, and the hidden states under it are rounded in every layer."""
LEAK = {torch.float32: 1e-3, torch.bfloat16: 0.05}
"""Nats that a short part may move by when only tokens change that it must not see. The shapes are
equal, so dense models do not move at all; experts are given other numbers of tokens to work on."""
_PART = 8
"""Tokens in each part of a probe."""
_CONTEXT = 64
"""Tokens before them."""
_BOUNDED = {"full_attention", "sliding_attention"}
"""Kinds of layers whose reach is known to the layout; others depend on the length of the text,
which a short probe does not show."""


def choose_path(
    scorer: Scorer, score: Score, examples: Sequence[Example], device: torch.device
) -> list[str]:
    """Set the fastest path whose values equal the plain computation's; says what was passed over.

    `score` is the scorer as the processes share it. Asked about are probes made of the first two
    pairs, and these pairs themselves.

    Raises:
        SeapoError: the model cannot be computed at all.
    """
    rows = _two_pairs(examples)
    asked = [_probe(examples[row]) for row in rows] + [examples[row] for row in rows]
    training = scorer.training
    told: list[str] = []
    with torch.no_grad():
        expected = _plain(scorer, score, asked)
        dtype = torch.bfloat16 if scorer.bf16 else next(scorer.parameters()).dtype
        for path in _fast_paths(device):
            reason = _fault(scorer, score, path, asked, expected, dtype)
            if reason is None:
                return told
            told.append(f"attention path {path!r} is not exact for this model: {reason}")
        scorer.take("plain")
        told.append("chosen and rejected are computed as two whole sequences, which takes longer")
        if (
            training
            and _gap(score(range(len(asked)), asked, True), expected, asked) > TOLERANCE[dtype]
        ):
            told.append(
                "this model computes otherwise while it is trained (a kind of dropout that cannot "
                "be turned off?): losses are noisy"
            )
    return told


def _fast_paths(device: torch.device) -> tuple[Path, ...]:
    return ("flex", "segments") if device.type == "cuda" else ("segments",)


def _plain(scorer: Scorer, score: Score, asked: Sequence[Example]) -> torch.Tensor:
    """[len(asked), 3] by plain sequences, every kind of dropout off."""
    scorer.take("plain")
    training = scorer.training
    scorer.eval()
    try:
        return score(range(len(asked)), asked, True)
    except Exception as error:  # whatever a foreign model or a missing kernel raises
        raise SeapoError(f"--model cannot be computed: {_line(error)}") from error
    finally:
        scorer.train(training)


def _fault(
    scorer: Scorer,
    score: Score,
    path: Path,
    asked: Sequence[Example],
    expected: torch.Tensor,
    dtype: torch.dtype,
) -> str | None:
    """Why the path is not good for this model; None if it is."""
    if reason := _unbounded(scorer):
        return reason
    probes = asked[: len(asked) // 2]
    numbers = range(len(probes))
    try:
        scorer.take(path)
        found = score(range(len(asked)), asked, True)
        before = score(numbers, probes, True)
        changed = [_changed(probes, part) for part in ("chosen", "rejected")]
        after = [score(numbers, those, True) for those in changed]
    except Exception as error:  # as above
        return _line(error)
    if (gap := _gap(found, expected, asked)) > TOLERANCE[dtype]:
        return f"log-probabilities differ by {gap:.2g} nats per token"
    # Also that two passes over the same tokens agree: random values are found here.
    if (gap := _gap(found[: len(probes)], before, probes)) > TOLERANCE[dtype]:
        return f"two passes differ by {gap:.2g} nats per token"
    for moved, still in zip(after, ((SHARED, REJECTED), (SHARED, CHOSEN)), strict=True):
        leak = (moved - before)[:, still].abs().max().item()
        if not leak <= LEAK[dtype]:
            return f"one answer sees the other: its log-probability moves by {leak:.2g} nats"
    return None


def _unbounded(scorer: Scorer) -> str | None:
    """Why layers of this model cannot be judged by a short probe."""
    config = scorer.config
    kinds = set(getattr(config, "layer_types", None) or ()) - _BOUNDED
    return f"it has layers of the kind {', '.join(sorted(kinds))}" if kinds else None


def _gap(found: torch.Tensor, expected: torch.Tensor, asked: Sequence[Example]) -> float:
    """The largest difference of a part, in nats per token of that part; NaN is infinite.

    A part counts as four tokens more: a single one may be off by the rounding of one logit.
    """
    lengths = [[len(e.shared), len(e.chosen or ()), len(e.rejected or ())] for e in asked]
    gaps = (found - expected).abs().cpu() / (torch.tensor(lengths) + 4)
    return float(gaps.nan_to_num(nan=float("inf")).max())


def _two_pairs(examples: Sequence[Example]) -> list[int]:
    forked = [row for row, example in enumerate(examples) if example.chosen and example.rejected]
    return (forked or list(range(len(examples))))[:2]


def _probe(example: Example) -> Example:
    """The pair around its branch point, all parts equally long; its own tokens fill up."""
    common = (example.prompt + example.shared)[-_CONTEXT - _PART :]
    at = max(1, len(common) - _PART)
    return replace(
        example,
        prompt=common[:at],
        shared=common[at:],
        chosen=_filled(example.chosen, common),
        rejected=_filled(example.rejected, common[::-1]),
    )


def _filled(side: Ids[int] | None, more: Ids[int]) -> Ids[int]:
    own = side or array("i")
    return (own + array("i", islice(cycle(more), _PART)))[:_PART]


def _changed(probes: Sequence[Example], part: str) -> list[Example]:
    """The same with every token of one branch another."""
    return [
        replace(
            one, **{part: array("i", [token - 1 if token else 1 for token in getattr(one, part)])}
        )
        for one in probes
    ]


def _line(error: Exception) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else ""
    return first if type(error).__name__ == "Unsupported" else f"{type(error).__name__}: {first}"
