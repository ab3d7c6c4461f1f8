"""LoRA's variants: trained, resumed, merged, loaded by peft, and held to vLLM's rules."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

import torch

from rounding import LOGP
from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import TrainSettings
from seapo_cli.training import adapters
from seapo_cli.training import train as program
from seapo_cli.training.adapters import check_device, how_to_serve
from tiny_model import arithmetic_pairs, train_settings, write_rows

VARIANTS: dict[str, dict[str, Any]] = {
    "lora": {},
    "rslora": {"rslora": True, "lora_alpha": 4},
    "dora": {"dora": True},
}
NOT_IN_VLLM = (
    *("modules_to_save", "lora_bias", "alora_invocation_tokens", "layer_replication"),
    *("use_bdlora", "use_qalora", "rank_pattern", "alpha_pattern"),
)
"""Keys of adapter_config.json that vLLM 0.32 refuses or reads, and that seapo leaves empty."""


def settings_of(folder: Path, variant: str, **more: Any) -> TrainSettings:
    file = write_rows(folder / "pairs.jsonl", arithmetic_pairs(16))
    values = {"lora_rank": 4, "learning_rate": 1e-2, "max_steps": 2} | VARIANTS[variant] | more
    return train_settings(folder, [file], **values)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainSettings]:
    """Two steps of each variant."""
    folder = tmp_path_factory.mktemp("trained")
    found = {name: settings_of(folder, name, output_dir=folder / name) for name in VARIANTS}
    for settings in found.values():
        program.train(settings)
    return found


def config_of(settings: TrainSettings) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((settings.output_dir / "adapter_config.json").read_text())
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_merged_weights_equal_the_adapters_that_plain_peft_loads(
    trained: dict[str, TrainSettings], tmp_path: Path, variant: str
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = trained[variant]
    merged = replace(settings, merge=True, output_dir=tmp_path / "merged")
    merged.output_dir.mkdir()
    program.train(merged)
    base = AutoModelForCausalLM.from_pretrained(settings.model)
    ids = torch.arange(10)[None]
    plain = base(ids).logits
    adapted = PeftModel.from_pretrained(base, str(settings.output_dir))(ids).logits
    whole = AutoModelForCausalLM.from_pretrained(merged.output_dir)(ids).logits
    assert torch.allclose(adapted, whole, atol=LOGP)
    assert (adapted - plain).abs().max() > 100 * LOGP


def test_variants_are_peft_s_own_and_train_differently(trained: dict[str, TrainSettings]) -> None:
    curves = []
    for variant, settings in trained.items():
        config = config_of(settings)
        assert (config["use_dora"], config["use_rslora"]) == (
            variant == "dora",
            variant == "rslora",
        )
        lines = (settings.output_dir / "train_metrics.jsonl").read_text().splitlines()
        curves.append([json.loads(line)["loss"] for line in lines])
    first = [curve[0] for curve in curves]
    assert first == pytest.approx([first[0]] * len(first))  # new adapters change nothing
    assert len({curve[1] for curve in curves}) == len(VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_written_is_held_to_the_rules_of_vllm(
    trained: dict[str, TrainSettings], variant: str
) -> None:
    from safetensors import safe_open

    settings = trained[variant]
    config = config_of(settings)
    assert not any(config.get(name) for name in NOT_IN_VLLM)
    assert (config["bias"], config["init_lora_weights"]) == ("none", True)
    with safe_open(settings.output_dir / "adapter_model.safetensors", "pt") as file:
        names = list(file.keys())
    assert names
    assert all(name.startswith("base_model.model.model.layers.") for name in names)
    served = all(name.endswith((".lora_A.weight", ".lora_B.weight")) for name in names)
    line = how_to_serve(settings)
    assert line is not None
    assert served is (variant != "dora") is line.startswith("to serve it: vllm serve ")


def test_how_to_serve(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "rslora", lora_rank=9, model="owner/name")
    command = "vllm serve owner/name --enable-lora --max-lora-rank 16 --lora-modules"
    assert how_to_serve(settings) == f"to serve it: {command} out={tmp_path / 'out'}"
    too_large = how_to_serve(replace(settings, lora_rank=513))
    assert too_large == "vLLM serves adapters up to rank 512: for it, train with --merge"
    assert how_to_serve(replace(settings, merge=True)) is None


@pytest.mark.parametrize("variant", ["rslora", "dora"])
def test_resumed_bit_for_bit(
    trained: dict[str, TrainSettings], tmp_path: Path, variant: str, capfd: Any
) -> None:
    whole = replace(trained[variant], output_dir=tmp_path / "whole", save_steps=1)
    whole.output_dir.mkdir()
    program.train(whole)
    broken = replace(whole, output_dir=tmp_path / "broken")
    shutil.copytree(whole.output_dir, broken.output_dir)
    (broken.output_dir / "adapter_model.safetensors").unlink()
    (broken.output_dir / "checkpoints" / "step-00000002.pt").unlink()
    program.train(broken)
    weights = [
        (one.output_dir / "adapter_model.safetensors").read_bytes() for one in (whole, broken)
    ]
    assert weights[0] == weights[1]
    told = capfd.readouterr().err
    assert "resuming after step 1" in told
    assert str(how_to_serve(broken)) in told


def test_four_bits_are_refused_without_a_gpu_or_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, "lora", qlora=True)
    with pytest.raises(UsageError, match="--qlora needs a GPU"):
        check_device(settings, torch.device("cpu"))
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pip install bitsandbytes"):
        check_device(settings, torch.device("cuda"))
    check_device(replace(settings, qlora=False), torch.device("cpu"))


def converter(folder: Path, monkeypatch: pytest.MonkeyPatch, program_text: str) -> None:
    """A script in the place of llama.cpp's, the only thing on the PATH."""
    folder.mkdir()
    script = folder / "convert_hf_to_gguf.py"
    script.write_text(program_text)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_gguf_by_the_converter_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = "import sys, os\nopen(sys.argv[3], 'w').write(' '.join(sys.argv[4:]))\n"
    record += "assert os.path.exists(sys.argv[1] + '/config.json')\n"
    converter(tmp_path / "bin", monkeypatch, record)
    settings = settings_of(tmp_path, "lora", max_steps=1, merge=True)
    program.train(settings)
    assert not (settings.output_dir / "model.gguf").exists()
    program.train(replace(settings, gguf="q8_0"))  # the same run: only converted
    assert (settings.output_dir / "model.gguf").read_text() == "--outtype q8_0"
    assert not list(settings.output_dir.glob("*.part"))


def test_a_converter_that_fails_leaves_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import sys\nsys.exit('NotImplementedError: Tiny is not supported')\n"
    converter(tmp_path / "bin", monkeypatch, text)
    settings = settings_of(tmp_path, "lora", max_steps=1, merge=True, gguf="f16")
    with pytest.raises(SeapoError, match="Tiny is not supported; the model itself is in"):
        program.train(settings)
    assert (settings.output_dir / "model.safetensors").is_file()
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(UsageError, match=r"--gguf needs llama.cpp's convert_hf_to_gguf.py"):
        program.train(settings)
