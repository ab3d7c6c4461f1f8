"""Attention over a pack: each branch sees only itself and what it continues.

Registered with transformers under the name `NAME`, so that models call it in place of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import Any, Protocol

import torch
from torch.nn.functional import scaled_dot_product_attention

from seapo_cli.training.layout import Branch, Pack

NAME = "seapo_pack"
KEYWORD = "seapo_attention"
"""The keyword under which the model's forward passes the pack's attention to its layers."""


_EXTRAS = {"softcap": "a soft cap", "s_aux": "sinks", "position_bias": "a position bias"}
"""What an attention layer may request that is not supported here."""


class Unsupported(Exception):
    """The model cannot be computed with a shared prefix; the text says why."""


class PackAttention(Protocol):
    """Attention over one pack. Query [1, H, T, D], key and value [1, H or fewer, T, D]."""

    def __call__(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float | None,
        window: int | None,
    ) -> torch.Tensor: ...


def register() -> None:
    """Register the attention with transformers."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _forward)


def _forward(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls in each layer."""
    attend: PackAttention | None = kwargs.get(KEYWORD)
    name = type(module).__name__
    if attend is None:
        raise Unsupported(f"{name} is not told where the answers part")
    if attention_mask is not None:
        raise Unsupported(f"{name} has a mask of its own")
    if sliding_window is None and _kind(module) == "sliding_attention":
        raise Unsupported(f"{name} does not say how wide its window is")
    for extra, meaning in _EXTRAS.items():
        if kwargs.get(extra) is not None:
            raise Unsupported(f"{name} has {meaning}")
    groups = query.shape[1] // key.shape[1]
    if groups > 1 and query.is_cuda:  # a CPU's kernel reads the few heads as often as it needs them
        key, value = (one.repeat_interleave(groups, dim=1) for one in (key, value))
    return attend(query, key, value, scaling, sliding_window).transpose(1, 2).contiguous(), None


def _kind(module: Any) -> str | None:
    """The configuration's value for this layer, if it has one for each."""
    kinds = getattr(getattr(module, "config", None), "layer_types", None)
    place = getattr(module, "layer_idx", None)
    return kinds[place] if kinds and place is not None else None


class SegmentAttention:
    """One SDPA call for each branch: its queries, and the keys of all that it continues.

    Exact and without a mask over the whole pack: work and memory are those of the pairs alone.
    """

    def __init__(self, pack: Pack) -> None:
        seen = [(*at.before, (at.begin, at.end)) for at in pack.branches]
        cuts = sorted({0, *(edge for stretches in seen for one in stretches for edge in one)})
        numbers = {cut: number for number, cut in enumerate(cuts)}
        # Keys are cut once at all edges: a slice of its own for each branch would have a gradient
        # as long as the pack, mostly zeros.
        self._lengths = [end - begin for begin, end in pairwise(cuts)]
        self._seen = [
            [piece for one in stretches for piece in range(numbers[one[0]], numbers[one[1]])]
            for stretches in seen
        ]
        self._own = [at.end - at.begin for at in pack.branches]
        self._alone = [not at.before for at in pack.branches]
        self._device = pack.input_ids.device
        self._masks: dict[tuple[int, int, int | None], torch.Tensor] = {}

    def __call__(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float | None,
        window: int | None,
    ) -> torch.Tensor:
        keys, values = key.split(self._lengths, dim=2), value.split(self._lengths, dim=2)
        parts = [
            self._attend(asking, _joined(keys, seen), _joined(values, seen), alone, scale, window)
            for asking, seen, alone in zip(
                query.split(self._own, dim=2), self._seen, self._alone, strict=True
            )
        ]
        # Joined in the order in which the model goes on with it, so that it is copied once.
        return torch.cat([part.transpose(1, 2) for part in parts], dim=1).transpose(1, 2)

    def _attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        alone: bool,
        scale: float | None,
        window: int | None,
    ) -> torch.Tensor:
        """Attention of one range of queries; its keys end where it ends."""
        attend = partial(
            scaled_dot_product_attention,
            *(query, key, value),
            scale=scale,
            enable_gqa=query.shape[1] > key.shape[1],
        )
        if alone and (window is None or window >= key.shape[2]):
            return attend(is_causal=True)
        return attend(attn_mask=self._mask(query.shape[2], key.shape[2], window, query.dtype))

    def _mask(self, asking: int, seen: int, window: int | None, dtype: torch.dtype) -> torch.Tensor:
        """[asking, seen] What the last `asking` of `seen` positions see; kept for all layers."""
        found = self._masks.get((asking, seen, window))
        if found is None:
            keys = torch.arange(seen, device=self._device)
            ages = keys[-asking:, None] - keys
            visible = ages >= 0 if window is None else (ages >= 0) & (ages < window)
            found = torch.zeros(asking, seen, dtype=dtype, device=self._device)
            found.masked_fill_(~visible, float("-inf"))
            self._masks[asking, seen, window] = found
        return found


def _joined(pieces: Sequence[torch.Tensor], numbers: Sequence[int]) -> torch.Tensor:
    """The pieces, concatenated."""
    found = [pieces[number] for number in numbers]
    return found[0] if len(found) == 1 else torch.cat(found, dim=2)


class FlexAttention:
    """One FlexAttention call for the pack; blocks in which nothing is seen are skipped."""

    def __init__(self, pack: Pack) -> None:
        device = pack.input_ids.device
        self._positions = pack.position_ids[0]
        numbers, ends = visibility(pack.branches)
        self._numbers, self._ends = numbers.to(device), ends.to(device)
        self._masks: dict[int | None, Any] = {}

    def __call__(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        scale: float | None,
        window: int | None,
    ) -> torch.Tensor:
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        if window not in self._masks:
            tokens, make = query.shape[2], _on_gpu(create_block_mask, query.is_cuda)
            self._masks[window] = make(
                self._visible(window), None, None, tokens, tokens, device=query.device
            )
        attend = _on_gpu(flex_attention, query.is_cuda)
        attended: torch.Tensor = attend(
            *(query, key, value),
            block_mask=self._masks[window],
            scale=scale,
            enable_gqa=query.shape[1] > key.shape[1],
        )
        return attended

    def _visible(self, window: int | None) -> Callable[..., torch.Tensor]:
        numbers, ends, positions = self._numbers, self._ends, self._positions

        def visible(_b: Any, _h: Any, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
            seen = (key < ends[numbers[query], numbers[key]]) & (query >= key)
            return seen if window is None else seen & (positions[query] - positions[key] < window)

        return visible


def _on_gpu(function: Callable[..., Any], gpu: bool) -> Callable[..., Any]:
    """Compiled on a GPU, where all scores or the whole [T, T] mask would exist without it."""
    return _compiled(function) if gpu else function


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # `dynamic`: otherwise every length of pack would be compiled separately.
    compiled: Callable[..., Any] = torch.compile(function, dynamic=True)
    return compiled


def visibility(branches: Sequence[Branch]) -> tuple[torch.Tensor, torch.Tensor]:
    """[T] The branch of each token, and [B, B] up to where a branch sees another one's tokens."""
    begins = {at.begin: number for number, at in enumerate(branches)}
    lengths = torch.tensor([at.end - at.begin for at in branches])
    ends = torch.zeros(len(branches), len(branches), dtype=torch.long)
    for number, at in enumerate(branches):
        for begin, end in (*at.before, (at.begin, at.end)):
            ends[number, begins[begin]] = end
    return torch.arange(len(branches)).repeat_interleave(lengths), ends
