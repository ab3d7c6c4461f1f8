"""From pairs to log-probabilities: the shared-prefix path, and the plain one it must equal."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from seapo_cli.training.attention import (
    KEYWORD,
    NAME,
    FlexAttention,
    PackAttention,
    SegmentAttention,
    Unsupported,
    register,
)
from seapo_cli.training.difficulty import ches
from seapo_cli.training.layout import CHOSEN, PARTS, REJECTED, SHARED, Pack, pack
from seapo_cli.training.logps import Head, token_logps
from seapo_cli.training.tokens import Example

Path = Literal["flex", "segments", "plain"]
_ATTENTION: dict[str, Callable[[Pack], PackAttention]] = {
    "flex": FlexAttention,
    "segments": SegmentAttention,
}


class Scorer(nn.Module):
    """A causal language model that scores pairs; DDP and FSDP wrap it as a whole."""

    def __init__(self, model: Any, bf16: bool = False, path: Path = "plain") -> None:
        super().__init__()
        self.model = model
        self.bf16 = bf16
        inner = model.get_base_model() if hasattr(model, "peft_config") else model
        self._inner = [inner]  # in a list: no second name for the same weights
        register()
        self.take(path)

    def take(self, path: Path) -> None:
        """Choose how pairs are computed.

        Raises:
            Unsupported: the model cannot be computed in this way.
        """
        self.path = path
        (inner,) = self._inner
        if path == "plain":
            if inner.config._attn_implementation == NAME:
                inner.set_attn_implementation(None)  # its own choice
            return
        inner.set_attn_implementation(NAME)
        if inner.config._attn_implementation != NAME:
            raise Unsupported("its attention cannot be replaced")
        if inner.base_model is inner:
            raise Unsupported("its layers cannot be run separately from its output layer")
        head = inner.get_output_embeddings()
        if not isinstance(head, nn.Linear):
            kind = type(head)
            raise Unsupported(
                f"its output layer is a {kind.__name__} of {kind.__module__.partition('.')[0]}"
            )

    @property
    def can_recompute(self) -> bool:
        """Whether its layers can recompute activations."""
        return bool(self._inner[0].supports_gradient_checkpointing)

    def recompute(self) -> None:
        """Keep only what enters each layer, and compute the rest again for the gradient."""
        self.model.gradient_checkpointing_enable({"use_reentrant": False})

    def tokens(self, rows: Sequence[int], examples: Sequence[Example]) -> int:
        """How many tokens a pass over some rows computes, padding included."""
        if self.path != "plain":
            return pack(rows, examples).tokens
        texts = {
            (example.prompt + example.shared + side).tobytes()
            for example in (examples[row] for row in rows)
            for side in (example.chosen, example.rejected)
            if side is not None
        }
        return len(texts) * max(map(len, texts)) // array("i").itemsize

    @property
    def config(self) -> Any:
        """The configuration of the language model."""
        return self._inner[0].config.get_text_config()

    def forward(
        self,
        rows: Sequence[int],
        examples: Sequence[Example],
        shared: bool,
        with_ches: bool = False,
    ) -> torch.Tensor:
        """[len(rows), 3 or 6] fp32: sums of log-probabilities of shared part, chosen, rejected.

        Where tokens have weights, the weighted sums of the three parts follow. The gradient of the
        shared part, and that of tokens that count nothing, is only computed with `shared`. With
        `with_ches` the two values of `difficulty.ches` come last.
        """
        batch = pack(rows, examples).to(self._device)
        with torch.autocast(batch.input_ids.device.type, torch.bfloat16, enabled=self.bf16):
            if self.path == "plain":
                those = [examples[row] for row in rows]
                return self._plain(those, batch.input_ids.device, with_ches)
            hidden = self._hidden(batch)
            sums = self._sums(hidden, batch, shared)
            return torch.cat([sums, _ches(hidden, batch)], dim=1) if with_ches else sums

    @property
    def _device(self) -> torch.device:
        return next(self.parameters()).device

    def _hidden(self, batch: Pack) -> torch.Tensor:
        """[T, D]"""
        attention = {KEYWORD: _ATTENTION[self.path](batch)}
        found = self._inner[0].base_model(
            input_ids=batch.input_ids, position_ids=batch.position_ids, use_cache=False, **attention
        )
        hidden: torch.Tensor = found.last_hidden_state[0]
        return hidden

    def _sums(self, hidden: torch.Tensor, batch: Pack, shared: bool) -> torch.Tensor:
        head = Head.of(self._inner[0])
        found = []
        first, rest = slice(batch.untracked), slice(batch.untracked, None)
        for part, tracked in ((first, shared), (rest, True)):
            with torch.set_grad_enabled(tracked and torch.is_grad_enabled()):
                states, targets = hidden[batch.sources[part]], batch.targets[part]
                found.append(token_logps(states, head, targets, self.bf16))
        logps = torch.cat(found)[batch.scored]
        each = [logps] if batch.weights is None else [logps, batch.weights * logps]
        zeros = logps.new_zeros(len(batch.rows) * PARTS)
        sums = [zeros.index_add(0, batch.slots, one).view(-1, PARTS) for one in each]
        return torch.cat(sums, dim=1)

    def _plain(
        self, examples: Sequence[Example], device: torch.device, with_ches: bool
    ) -> torch.Tensor:
        """The textbook computation: each answer a padded sequence of its own, all logits at once.

        An answer that several pairs have is computed once.
        """
        texts: dict[bytes, tuple[int, torch.Tensor]] = {}
        sides: list[tuple[int, int, int, Example]] = []
        for place, example in enumerate(examples):
            for part, side in ((CHOSEN, example.chosen), (REJECTED, example.rejected)):
                if side is not None:
                    text = example.prompt + example.shared + side
                    line, _ = texts.setdefault(
                        text.tobytes(), (len(texts), torch.tensor(text, dtype=torch.long))
                    )
                    sides.append((place, part, line, example))
        ids = pad_sequence([text for _, text in texts.values()], batch_first=True).to(device)
        lengths = torch.tensor([len(text) for _, text in texts.values()], device=device)
        seen = torch.arange(ids.shape[1], device=device) < lengths[:, None]
        found = self.model(
            input_ids=ids,
            attention_mask=seen.long(),
            use_cache=False,
            output_hidden_states=with_ches,
        )
        logps = found.logits[:, :-1].float().log_softmax(-1)
        logps = logps.gather(-1, ids[:, 1:, None]).squeeze(-1)
        zero = logps.new_zeros(())
        sums = [[zero] * (2 * PARTS if example.weights else PARTS) for example in examples]
        for place, part, line, example in sides:
            start = len(example.prompt) - 1
            middle = start + len(example.shared)
            shared, own = logps[line, start:middle], logps[line, middle : lengths[line] - 1]
            sums[place][SHARED], sums[place][part] = shared.sum(), own.sum()
            if (weights := example.weights) is not None:
                of_own = weights.chosen if part == CHOSEN else weights.rejected
                sums[place][PARTS + SHARED] = weights.shared * shared.sum()
                sums[place][PARTS + part] = (torch.tensor(of_own, device=device) * own).sum()
        table = torch.stack([torch.stack(row) for row in sums])
        if not with_ches:
            return table
        hidden = found.hidden_states[-1].float()
        states = hidden.new_zeros(len(examples), PARTS, hidden.shape[-1])
        counts = hidden.new_zeros(len(examples), PARTS)
        for place, part, line, example in sides:
            start = len(example.prompt) - 1
            middle, end = start + len(example.shared), int(lengths[line]) - 1
            for one, at in ((SHARED, slice(start, middle)), (part, slice(middle, end))):
                states[place, one] = hidden[line, at].sum(0)
                counts[place, one] = at.stop - at.start
        return torch.cat([table, ches(states, counts)], dim=1)


def _ches(hidden: torch.Tensor, batch: Pack) -> torch.Tensor:
    """[n, 2]"""
    sums = len(batch.rows) * PARTS
    counts = hidden.new_zeros(sums, len(batch.targets), dtype=torch.float32)
    counts[batch.slots, batch.scored] = 1.0
    with torch.autocast(hidden.device.type, enabled=False):
        states = counts @ hidden[batch.sources].float()
    return ches(states.view(-1, PARTS, states.shape[-1]), counts.sum(1).view(-1, PARTS))
