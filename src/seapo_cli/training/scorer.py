"""From pairs to log-probabilities: the shared-prefix path, and the plain one it must equal."""

from __future__ import annotations

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
            raise Unsupported("its attention cannot be exchanged")
        if inner.base_model is inner:
            raise Unsupported("its layers cannot be run apart from its output layer")
        head = inner.get_output_embeddings()
        if not isinstance(head, nn.Linear):
            kind = type(head)
            raise Unsupported(
                f"its output layer is a {kind.__name__} of {kind.__module__.partition('.')[0]}"
            )

    @property
    def config(self) -> Any:
        """The configuration of the language model."""
        return self._inner[0].config.get_text_config()

    def forward(
        self, rows: Sequence[int], examples: Sequence[Example], shared: bool
    ) -> torch.Tensor:
        """[len(rows), 3] fp32: sums of log-probabilities of shared part, chosen, rejected.

        The shared part's gradient is only computed with `shared`.
        """
        batch = pack(rows, examples).to(self._device)
        with torch.autocast(batch.input_ids.device.type, torch.bfloat16, enabled=self.bf16):
            if self.path == "plain":
                return self._plain([examples[row] for row in rows], batch.input_ids.device)
            hidden = self._hidden(batch)
            return self._sums(hidden, batch, shared)

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
        sums = torch.zeros(len(batch.rows), PARTS, device=hidden.device)
        for part, tracked in ((slice(batch.shared), shared), (slice(batch.shared, None), True)):
            with torch.set_grad_enabled(tracked and torch.is_grad_enabled()):
                states, targets = hidden[batch.sources[part]], batch.targets[part]
                logps = token_logps(states, head, targets, self.bf16)
                scored = sums.new_zeros(sums.numel()).index_add(0, batch.slots[part], logps)
            sums = sums + scored.view(-1, PARTS)
        return sums

    def _plain(self, examples: Sequence[Example], device: torch.device) -> torch.Tensor:
        """The textbook computation: each side a padded sequence of its own, all logits at once."""
        sides = [
            (place, part, example, side)
            for place, example in enumerate(examples)
            for part, side in ((CHOSEN, example.chosen), (REJECTED, example.rejected))
            if side is not None
        ]
        texts = [torch.tensor([*e.prompt, *e.shared, *side]) for _, _, e, side in sides]
        ids = pad_sequence(texts, batch_first=True).to(device)
        lengths = torch.tensor([len(text) for text in texts], device=device)
        seen = torch.arange(ids.shape[1], device=device) < lengths[:, None]
        logits = self.model(input_ids=ids, attention_mask=seen.long(), use_cache=False).logits
        logps = logits[:, :-1].float().log_softmax(-1)
        logps = logps.gather(-1, ids[:, 1:, None]).squeeze(-1)
        sums = [[logps.new_zeros(()) for _ in range(PARTS)] for _ in examples]
        for line, (place, part, example, side) in zip(logps, sides, strict=True):
            start = len(example.prompt) - 1
            middle = start + len(example.shared)
            sums[place][SHARED] = line[start:middle].sum()
            sums[place][part] = line[middle : middle + len(side)].sum()
        return torch.stack([torch.stack(row) for row in sums])
