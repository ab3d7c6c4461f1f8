"""What a run computes in where it is left to the program, and what stays fp32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import seapo_cli.training.train as program
from seapo_cli.training import precision
from seapo_cli.training.model import load_model
from tiny_model import arithmetic_pairs, train_settings, write_rows

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(("has", "found"), [(True, "bf16"), (False, "fp32")])
def test_on_a_gpu(monkeypatch: pytest.MonkeyPatch, has: bool, found: str) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return has or including_emulation  # older GPUs emulate it, at a loss

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert precision.choose(GPU)[0] == found


@pytest.mark.parametrize(
    ("flags", "gain", "found"),
    [
        ("avx512f avx512_bf16", 9.0, ("fp32", "this CPU has no matrix units for bf16 (AMX)")),
        ("avx2 amx_bf16", 1.3, ("fp32", "bf16 products are only 1.3 times as fast on this CPU")),
        ("amx_tile amx_bf16", 6.0, ("bf16", "its products are 6.0 times as fast on this CPU")),
    ],
)
def test_on_a_cpu_it_is_measured_where_it_may_be_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, gain: float, found: Any
) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"processor\t: 0\nmodel name\t: amx_bf16?\nflags\t\t: fpu {flags} pni\n")
    monkeypatch.setattr(precision, "_CPU", cpu)
    seconds = {torch.float32: gain, torch.bfloat16: 1.0}
    monkeypatch.setattr(precision, "_seconds", seconds.__getitem__)
    assert precision.choose(CPU) == found


def test_a_measurement_takes_a_moment() -> None:
    assert 0 < precision._seconds(torch.float32) < 10


def test_a_resumed_run_keeps_what_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(16))
    settings = train_settings(tmp_path, [pairs], save_steps=2, keep=9)
    monkeypatch.setattr(precision, "choose", lambda _: ("bf16", "it is a test"))
    assert program.train(settings) == 0
    assert "computing in bf16: it is a test" in capfd.readouterr().err
    assert '"dtype": "bf16"' in (settings.output_dir / "README.md").read_text()
    model = settings.output_dir / "model.safetensors"
    expected = model.read_bytes()

    monkeypatch.setattr(precision, "choose", lambda _: ("fp32", "it is another machine"))
    (settings.output_dir / "checkpoints" / "step-00000004.pt").unlink()
    model.unlink()
    assert program.train(settings) == 0
    told = capfd.readouterr().err
    assert "computing in bf16: as this run began" in told
    assert "resuming after step 2" in told
    assert model.read_bytes() == expected


def test_weights_that_are_trained_are_fp32_under_bf16(tmp_path: Path) -> None:
    # A step of 1e-6 would be lost in a bf16 weight of 0.1, whose neighbour is 5e-4 away.
    for values in ({}, {"lora_rank": 2}):
        model = load_model(train_settings(tmp_path, [], **values), bf16=True)
        dtypes = {(one.requires_grad, one.dtype) for one in model.parameters()}
        frozen = {(False, torch.bfloat16)} if values else set()
        assert dtypes == {(True, torch.float32), *frozen}
