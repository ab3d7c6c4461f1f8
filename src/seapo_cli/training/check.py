"""The self-check before training: does this model give the same values on the fast path?

The model is tested on two questions, in the precision and the mode of training:

- Does each part have the log-probability that plain sequences give it? This finds what is computed
  differently: another head, other positions, another mask.
- When the tokens of one branch change, do the other branches, the common parts, or the prompt
  beside it move? They may not, whatever the values are. This finds layers that look past the
  attention, such as convolutions and recurrent states.

The parts tested are a few tokens long, so that an error is not averaged out. They form a
tree: one rejected answer leaves the chosen one early, another late, and a third leaves the first.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, product

import torch

from seapo_cli.exceptions import SeapoError
from seapo_cli.training.layout import CHOSEN, PARTS, REJECTED, SHARED
from seapo_cli.training.scorer import Path, Scorer
from seapo_cli.training.tokens import Example, Ids, branch

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
    """Set the fastest path whose values equal the plain computation's; reports those skipped.

    `score` is the scorer as the processes share it. Asked about are trees made of the first two
    pairs, and these pairs themselves.

    Raises:
        SeapoError: the model cannot be computed at all.
    """
    given = [replace(examples[row], weights=None) for row in _two_pairs(examples)]
    probes = [_Probe.of(one) for one in given]
    asked = [pair for probe in probes for pair in probe.pairs()] + given
    training = scorer.training
    told: list[str] = []
    with torch.no_grad():
        expected = _plain(scorer, score, asked)
        dtype = torch.bfloat16 if scorer.bf16 else next(scorer.parameters()).dtype
        for path in _fast_paths(device):
            reason = _fault(scorer, score, path, probes, asked, expected, dtype)
            if reason is None:
                return told
            told.append(f"attention path {path!r} is not exact for this model: {reason}")
        scorer.take("plain")
        told.append("answers are computed as whole sequences, which takes longer")
        if (
            training
            and _gap(score(range(len(asked)), asked, True), expected, asked) > TOLERANCE[dtype]
        ):
            told.append(
                "this model computes differently in training mode (a kind of dropout that cannot "
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
    except Exception as error:  # whatever a custom model or a missing kernel raises
        raise SeapoError(f"--model cannot be computed: {_line(error)}") from error
    finally:
        scorer.train(training)


def _fault(
    scorer: Scorer,
    score: Score,
    path: Path,
    probes: Sequence[_Probe],
    asked: Sequence[Example],
    expected: torch.Tensor,
    dtype: torch.dtype,
) -> str | None:
    """Why the path does not work for this model; None if it does."""
    if reason := _unbounded(scorer):
        return reason
    pairs = [pair for probe in probes for pair in probe.pairs()]
    numbers = range(len(pairs))
    try:
        scorer.take(path)
        found = score(range(len(asked)), asked, True)
        before = score(numbers, pairs, True)
        moved = {
            leaf: score(numbers, [p for probe in probes for p in probe.changed(leaf).pairs()], True)
            for leaf in _STILL
        }
    except Exception as error:  # as above
        return _line(error)
    if (gap := _gap(found, expected, asked)) > TOLERANCE[dtype]:
        return f"log-probabilities differ by {gap:.2g} nats per token"
    # Also check that two passes over the same tokens agree: this finds random values.
    if (gap := _gap(found[: len(pairs)], before, pairs)) > TOLERANCE[dtype]:
        return f"two passes differ by {gap:.2g} nats per token"
    for leaf, still in _STILL.items():
        change = (moved[leaf] - before).view(len(probes), -1, PARTS)
        leak = max(change[:, pair, part].abs().max().item() for pair, part in still)
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


@dataclass(frozen=True, slots=True)
class _Probe:
    """Answers around a pair's branch point, made of parts that are equally long.

    prompt, shared ┬ chosen ┬ end
                   │        └ late
                   └ early ┬ first
                           └ second
    """

    prompt: Ids[int]
    shared: Ids[int]
    chosen: Ids[int]
    end: Ids[int]
    late: Ids[int]
    early: Ids[int]
    first: Ids[int]
    second: Ids[int]

    @classmethod
    def of(cls, example: Example) -> _Probe:
        """With the pair's own tokens; others of its prompt fill up."""
        common = (example.prompt + example.shared)[-_CONTEXT - _PART :]
        at = max(1, len(common) - _PART)
        good = _filled(example.chosen, common, 3 * _PART)
        bad = _filled(example.rejected, common[::-1], 3 * _PART)
        chosen, end, late = good[:_PART], good[_PART : 2 * _PART], good[2 * _PART :]
        early, first, second = bad[:_PART], bad[_PART : 2 * _PART], bad[2 * _PART :]
        return cls(
            *(common[:at], common[at:], chosen, end, _apart(late, end)),
            *(_apart(early, chosen), first, _apart(second, first)),
        )

    def pairs(self) -> list[Example]:
        """Chosen against each of the other three."""
        others = (self.early + self.first, self.early + self.second, self.chosen + self.late)
        good = self.shared + self.chosen + self.end
        return [branch(self.prompt, good, self.shared + other) for other in others]

    def changed(self, leaf: str) -> _Probe:
        """The same with every token of one leaf another, but for the first: it parts there."""
        tokens: Ids[int] = getattr(self, leaf)
        return replace(self, **{leaf: tokens[:1] + _other(tokens[1:])})


_STILL = {
    "end": [*product(range(3), [SHARED, REJECTED])],
    "late": [*product(range(2), range(PARTS)), (2, SHARED), (2, CHOSEN)],
    "first": [(0, SHARED), (0, CHOSEN), *product((1, 2), range(PARTS))],
    "second": [*product((0, 2), range(PARTS)), (1, SHARED), (1, CHOSEN)],
}
"""Leaves of a probe, and the parts (of which pair) that may not move when one changes."""


def _filled(side: Ids[int] | None, more: Ids[int], length: int) -> Ids[int]:
    own = side or array("i")
    return (own + array("i", islice(cycle(more), length)))[:length]


def _apart(one: Ids[int], other: Ids[int]) -> Ids[int]:
    """The same tokens, but for the first if the other one begins with it too."""
    return one if one[0] != other[0] else _other(one[:1]) + one[1:]


def _other(tokens: Ids[int]) -> Ids[int]:
    return array("i", [token - 1 if token else 1 for token in tokens])


def _line(error: Exception) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else ""
    return first if type(error).__name__ == "Unsupported" else f"{type(error).__name__}: {first}"
