"""A step of the optimizer, and the gradient's clipping."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import seapo_cli.training.train as program
from seapo_cli.exceptions import UsageError
from seapo_cli.training import optimizer as optimizers
from seapo_cli.training.optimizer import check_optimizer, take_step
from tiny_model import arithmetic_pairs, train_settings, write_rows

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("bound", "way"),
    [(5.5, [3.0, 4.0]), (1.0, [0.6, 0.8])],
    ids=["under the bound", "over it"],
)
def test_long_gradients_are_shortened(bound: float, way: list[float]) -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    begun = model.weight.detach().clone()
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    assert take_step(model, optimizer, 0.5, bound) == pytest.approx(5.0)
    assert (begun - model.weight.detach()).flatten().tolist() == pytest.approx(
        [0.5 * one for one in way], rel=1e-5
    )
    assert model.weight.grad is None


def test_a_broken_gradient_takes_no_step() -> None:
    model = torch.nn.Linear(2, 1, bias=False)
    begun = model.weight.detach().clone()
    model.weight.grad = torch.tensor([[float("nan"), 1.0]])
    take_step(model, torch.optim.SGD(model.parameters(), lr=0.0), 0.5, 1.0)
    assert torch.equal(model.weight.detach(), begun)


def test_eight_bits_are_refused_where_they_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = train_settings(tmp_path, [], optimizer="adamw8bit")
    monkeypatch.setattr(optimizers, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"^--optimizer adamw8bit needs bitsandbytes: pip install"):
        check_optimizer(settings, CPU)

    class Broken:
        def __init__(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("no kernel for this device\nand much more")

    library = ModuleType("bitsandbytes.optim.adamw")
    library.__dict__["AdamW8bit"] = Broken
    monkeypatch.setitem(sys.modules, "bitsandbytes", ModuleType("bitsandbytes"))
    monkeypatch.setitem(sys.modules, "bitsandbytes.optim.adamw", library)
    monkeypatch.setattr(optimizers, "find_spec", lambda _: SimpleNamespace())
    with pytest.raises(UsageError, match=r"not run on this machine: no kernel for this device$"):
        check_optimizer(settings, CPU)
    with pytest.raises(UsageError, match=r"^--optimizer adamw8bit: its state is not sharded"):
        train_settings(tmp_path, [], optimizer="adamw8bit", sharding="fsdp")


def test_eight_bits_go_on_to_the_same_bit(tmp_path: Path, capfd: Any) -> None:
    pytest.importorskip("bitsandbytes")
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(16))
    settings = train_settings(tmp_path, [pairs], optimizer="adamw8bit", save_steps=2, keep=9)
    assert program.train(settings) == 0
    model = settings.output_dir / "model.safetensors"
    expected = model.read_bytes()
    model.unlink()
    last = settings.output_dir / "checkpoints" / "step-00000004.pt"
    state = torch.load(last)["optimizer"]["state"]["model.model.embed_tokens.weight"]
    quantized = state["__bnb_optimizer_quant_state__"]
    assert quantized["state1"].dtype is quantized["state2"].dtype is torch.uint8
    last.unlink()
    assert program.train(settings) == 0
    assert "resuming after step 2" in capfd.readouterr().err
    assert model.read_bytes() == expected
