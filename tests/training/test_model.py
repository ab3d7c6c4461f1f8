"""Models as processes of FSDP load them: with weights, or to be sent theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import tiny_model
from seapo_cli.training.model import _plain_slices, load_model
from seapo_cli.training.processes import Processes
from seapo_cli.training.reference import hash_weights
from seapo_cli.training.slices import part, sliced
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


@pytest.mark.parametrize("tied", [True, False])
def test_slices_are_those_of_the_loaded_model(tmp_path: Path, tied: bool) -> None:
    model = tiny_model.tiny_model(tie_word_embeddings=tied).bfloat16()
    folder = tmp_path / "model"
    model.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    settings = train_settings(tmp_path, [], sharding="fsdp")
    found = sliced(settings, _Alone(0, 2, torch.device("cpu")))
    assert found is not None
    assert {weight.device.type for weight in found.model.parameters()} == {"meta"}
    assert {one.device.type for one in found.model.buffers()} == {"cpu"}
    loaded = load_model(settings, bf16=False)
    assert hash_weights(found.weights()) == hash_weights(loaded.state_dict().items())
    buffers = dict(loaded.named_buffers())
    assert all(torch.equal(one, buffers[name]) for name, one in found.model.named_buffers())


def test_gguf_files_are_read_as_ever_but_in_plain_slices(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    file = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_token_list(["a", "bc", "\N{SNOWMAN}"])
    writer.add_tensor("weight", np.arange(64, dtype=np.float32).reshape(2, 32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    known = gguf.GGUFReader(file)
    with _plain_slices():
        found = gguf.GGUFReader(file)
    assert type(gguf.GGUFReader(file)) is type(known)
    assert type(found.tensors[0].data) is np.ndarray
    assert np.array_equal(found.tensors[0].data, known.tensors[0].data)
    contents = [[(name, one.contents()) for name, one in r.fields.items()] for r in (known, found)]
    assert contents[0] == contents[1]
    assert found.get_field("tokenizer.ggml.tokens").contents(2) == "\N{SNOWMAN}"


class _Alone(Processes):
    """One of two processes, which asks nobody."""

    def gather(self, value: Any) -> Any:
        return [value]


def test_files_with_other_names_or_none_are_loaded_by_the_first_process(tmp_path: Path) -> None:
    settings = train_settings(tmp_path, [], sharding="fsdp")
    alone = _Alone(0, 2, torch.device("cpu"))
    assert sliced(settings, alone) is not None
    weights = tmp_path / "model" / "model.safetensors"
    renamed = {f"old_{name}": one for name, one in load_file(weights).items()}
    save_file(renamed, weights, {"format": "pt"})
    assert sliced(settings, alone) is None
    weights.unlink()
    assert sliced(settings, alone) is None
    adapters = train_settings(tmp_path, [], sharding="fsdp", lora_rank=2)
    assert sliced(adapters, alone) is None


@pytest.mark.parametrize("rows", [1, 5, 10, 12])
def test_parts_are_those_of_fsdp(rows: int) -> None:
    chunks = torch.arange(rows).chunk(4)
    for rank in range(4):
        begin, end = part(rows, 4, rank)
        expected = chunks[rank].tolist() if rank < len(chunks) else []
        assert list(range(begin, end)) == expected
