"""Which GGUF file `--model` means."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import huggingface_hub as hub
import pytest

from seapo_cli.backends import models
from seapo_cli.backends.models import INSTALL, find_model
from seapo_cli.exceptions import UsageError


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


class Api:
    """A hub that has these files, or cannot be reached."""

    names: ClassVar[list[str]] = []

    def list_repo_files(self, _repository: str) -> list[str]:
        if not self.names:
            raise httpx_error()
        return self.names


def httpx_error() -> Exception:
    """What huggingface_hub 2 raises without a network: not an OSError."""
    return type("ConnectError", (Exception,), {})("[Errno -2] Name or service\nnot known\x1b[2J")


@pytest.fixture
def a_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hub is replaced; returns the folder of what was fetched before, empty."""
    monkeypatch.setattr(hub, "HfApi", Api)
    monkeypatch.setattr(Api, "names", [])
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(tmp_path))
    return tmp_path


def test_a_hub_id_takes_the_best_file(monkeypatch: pytest.MonkeyPatch, a_hub: Path) -> None:
    names = ["README.md", "x-Q8_0.gguf", "x-q4_k_m.gguf", "x-Q4_K_M-00001-of-00002.gguf"]
    fetched: list[Any] = []
    monkeypatch.setattr(Api, "names", names)
    monkeypatch.setattr(hub, "hf_hub_download", lambda *a: fetched.append(a) or "/hub/file")
    assert find_model("owner/x-GGUF") == Path("/hub/file")
    assert fetched == [("owner/x-GGUF", "x-q4_k_m.gguf")]
    names[:] = ["model.safetensors"]
    with pytest.raises(UsageError, match="no GGUF file"):
        find_model("owner/x")
    assert not list(a_hub.iterdir())


def test_what_was_fetched_before_needs_no_network(a_hub: Path) -> None:
    (a_hub / "x-Q4_0.gguf").touch()
    assert find_model("owner/x") == a_hub / "x-Q4_0.gguf"


@pytest.mark.usefixtures("a_hub")
def test_a_hub_that_cannot_be_reached_is_one_line() -> None:
    with pytest.raises(UsageError, match="not on this machine") as caught:
        find_model("owner/nowhere")
    assert "Name or service" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
