"""Which GGUF file `--model` means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import huggingface_hub as hub
import pytest

from seapo_cli.backends import models
from seapo_cli.backends.models import INSTALL, find_model
from seapo_cli.errors import UsageError


def test_the_packaged_model() -> None:
    found = find_model(None)
    assert found.name.startswith("SmolLM2-135M-Instruct")
    assert found.stat().st_size > 50e6


def test_without_it_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        find_model(None)
    assert INSTALL in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.touch()
    assert find_model(str(file)) == file
    with pytest.raises(UsageError, match="no such file"):
        find_model(str(tmp_path / "other.gguf"))
    with pytest.raises(UsageError, match="--base-url"):
        find_model("gpt-4o")


def test_a_hub_id_takes_the_best_file(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["README.md", "x-Q8_0.gguf", "x-q4_k_m.gguf", "x-Q4_K_M-00001-of-00002.gguf"]
    fetched: list[Any] = []

    class Api:
        def list_repo_files(self, _repository: str) -> list[str]:
            return names

    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(hub, "hf_hub_download", lambda *a: fetched.append(a) or "/hub/file")
    assert find_model("owner/x-GGUF") == Path("/hub/file")
    assert fetched == [("owner/x-GGUF", "x-q4_k_m.gguf")]
    names[:] = ["model.safetensors"]
    with pytest.raises(UsageError, match="no GGUF file"):
        find_model("owner/x")


def test_a_hub_id_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Api:
        def list_repo_files(self, _repository: str) -> list[str]:
            raise ConnectionError

    monkeypatch.setattr(hub, "HfApi", Api)
    (tmp_path / "x-Q4_0.gguf").touch()
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(tmp_path))
    assert find_model("owner/x") == tmp_path / "x-Q4_0.gguf"
    monkeypatch.undo()
    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(UsageError, match="hub cannot be reached"):
        find_model("owner/nowhere")
