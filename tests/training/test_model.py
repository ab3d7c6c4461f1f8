"""Models as processes of FSDP load them: with weights, or to be sent theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")


from seapo_cli.training.model import load_model
from tiny_model import train_settings


@pytest.mark.parametrize("values", [{}, {"lora_rank": 2}], ids=["all weights", "adapters"])
def test_a_model_to_be_sent_its_weights_has_none(tmp_path: Path, values: dict[str, Any]) -> None:
    settings = train_settings(tmp_path, [tmp_path / "pairs.jsonl"], **values)
    whole, empty = (load_model(settings, bf16=False, empty=empty) for empty in (False, True))
    kinds = [
        {
            name: (weight.shape, weight.dtype, weight.requires_grad)
            for name, weight in model.named_parameters()
        }
        for model in (whole, empty)
    ]
    assert kinds[0]
    assert kinds[0] == kinds[1]
    assert {weight.device.type for weight in empty.parameters()} == {"meta"}
    names = [[name for name, _ in model.named_buffers()] for model in (whole, empty)]
    assert names[0] == names[1]
