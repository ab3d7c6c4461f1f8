"""Activations are recomputed where a step would not fit, by what small passes keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import seapo_cli.training.train as program
import tiny_model
from seapo_cli.training import memory
from seapo_cli.training.layout import together
from seapo_cli.training.scorer import Scorer
from tiny_model import arithmetic_pairs, train_settings, write_rows

TOLD = "activations are recomputed (gradient checkpointing): a step would need about"
CPU = torch.device("cpu")


@pytest.mark.parametrize("path", ["segments", "plain"])
def test_two_small_passes_say_what_a_large_one_keeps(path: Any) -> None:
    rows = [
        {"prompt": f"Q{n}?", "chosen": f"{n} is right. " * n, "rejected": f"{n} is wrong. " * n}
        for n in range(1, 9)
    ]
    examples = tiny_model.tokenized(rows).examples
    scorer = Scorer(tiny_model.tiny_model().train(), path=path)
    units = together(range(8), range(8))
    expected = memory.kept_bytes(scorer, [7], examples, False)
    found = memory.need(scorer, units, examples, [7], 8.0, False)
    assert found is not None
    assert found.activations == pytest.approx(expected, rel=0.25)
    assert all(weight.grad is None for weight in scorer.parameters())
    scorer.recompute()
    assert memory.kept_bytes(scorer, [7], examples, False) < expected / 2


def told(settings: Any, capfd: pytest.CaptureFixture[str]) -> str:
    assert program.train(settings) == 0
    return capfd.readouterr().err


def test_a_run_decides_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(16))
    common: dict[str, Any] = {"save_steps": 2, "keep": 9}
    roomy = train_settings(tmp_path, [pairs], output_dir=tmp_path / "roomy", **common)
    assert TOLD not in told(roomy, capfd)

    settings = train_settings(tmp_path, [pairs], **common)
    monkeypatch.setattr(memory, "free_bytes", lambda _: 1000)
    assert TOLD in told(settings, capfd)
    model = settings.output_dir / "model.safetensors"
    assert model.read_bytes() == (roomy.output_dir / "model.safetensors").read_bytes()
    assert '"gradient_checkpointing": true' in (settings.output_dir / "README.md").read_text()

    recomputed: list[bool] = []
    monkeypatch.setattr(Scorer, "recompute", lambda _: recomputed.append(True))
    monkeypatch.setattr(memory, "free_bytes", lambda _: 10**12)
    (settings.output_dir / "checkpoints" / "step-00000004.pt").unlink()
    assert "resuming after step 2" in told(settings, capfd)
    assert recomputed == [True]

    refused = train_settings(
        tmp_path, [pairs], output_dir=tmp_path / "no", gradient_checkpointing=False
    )
    monkeypatch.setattr(memory, "free_bytes", lambda _: 1000)
    assert TOLD not in told(refused, capfd)


def test_free_memory_is_what_the_strictest_limit_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meminfo, groups = tmp_path / "meminfo", tmp_path / "cgroup"
    groups.mkdir()
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", meminfo)
    monkeypatch.setattr(memory, "_CGROUPS", groups)
    assert memory.free_bytes(CPU) == 4000 << 10
    for name, text in {"max": "max", "current": "500000", "stat": "inactive_file 7"}.items():
        (groups / f"memory.{name}").write_text(f"{text}\n")
    assert memory.free_bytes(CPU) == 4000 << 10
    (groups / "memory.max").write_text("900000\n")
    assert memory.free_bytes(CPU) == 400_007
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert memory.free_bytes(CPU) == 200_003


def test_free_memory_of_a_gpu_includes_what_torch_holds_unused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 500)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 200)
    assert memory.free_bytes(torch.device("cuda")) == 1300
