"""Whole runs on the tiny model, in this process: what is written, told, resumed and refused."""

from __future__ import annotations

import json
import resource
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_model
from rounding import CURVE, LOGP
from seapo_cli.cli.train import WRITTEN
from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import TrainSettings
from seapo_cli.training import train as program
from tiny_model import arithmetic_pairs, train_settings, write_rows


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(16))


def metrics(settings: TrainSettings) -> list[dict[str, Any]]:
    lines = (settings.output_dir / "train_metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def steps(settings: TrainSettings) -> list[dict[str, Any]]:
    return [row for row in metrics(settings) if "loss" in row]


def test_a_run_learns_and_tells(tmp_path: Path, pairs: Path, capfdbinary: Any) -> None:
    settings = train_settings(tmp_path, [pairs], epochs=4, eval_split=0.25, save_steps=4)
    assert program.train(settings) == 0
    stdout, stderr = capfdbinary.readouterr()
    assert stdout == (settings.output_dir / "train_metrics.jsonl").read_bytes()
    assert b"12 steps done" in stderr
    first, last = (row for row in metrics(settings) if "eval/loss" in row)
    assert first["eval/rewards/margins"] == 0
    assert last["step"] == 12
    told = steps(settings)[-1]
    assert told["rewards/margins"] > 0.5
    assert told["loss"] < steps(settings)[0]["loss"]
    assert {"grad_norm", "learning_rate", "tokens_per_second", "peak_memory_mb"} <= told.keys()
    assert set(last["eval/by_error_type"]) == {"factual", "logical"}
    assert told["epoch"] == 4.0
    kept = sorted(path.name for path in (settings.output_dir / "checkpoints").iterdir())
    assert kept == ["step-00000008.pt", "step-00000012.pt"]


def test_the_folder_loads_and_generates(tmp_path: Path, pairs: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings = train_settings(tmp_path, [pairs], max_steps=2)
    program.train(settings)
    model = AutoModelForCausalLM.from_pretrained(settings.output_dir)
    tokenizer = AutoTokenizer.from_pretrained(settings.output_dir)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    assert model.generate(prompt["input_ids"], max_new_tokens=2, do_sample=False).shape[1] > 2
    assert (settings.output_dir / "generation_config.json").is_file()
    card = (settings.output_dir / "README.md").read_text()
    assert '"hash"' in card
    assert '"loss": "sigmoid"' in card
    weights = torch.load(settings.output_dir / "checkpoints" / "step-00000002.pt")["model"]
    saved = model.state_dict()
    assert all(torch.equal(saved[name.removeprefix("model.")], w) for name, w in weights.items())


def test_a_finished_run_keeps_its_card_and_its_model(tmp_path: Path, pairs: Path) -> None:
    settings = train_settings(tmp_path, [pairs], max_steps=2, eval_split=0.25)
    program.train(settings)
    files = {path: path.read_bytes() for path in settings.output_dir.iterdir() if path.is_file()}
    told = metrics(settings)[-2:]
    assert json.dumps(told[0]["loss"]) in files[settings.output_dir / "README.md"].decode()
    assert json.dumps(told[1]["eval/loss"]) in files[settings.output_dir / "README.md"].decode()
    program.train(settings)
    assert {path: path.read_bytes() for path in files} == files


def test_a_run_that_stopped_early_stays_stopped(tmp_path: Path, pairs: Path) -> None:
    values = {"eval_split": 0.25, "eval_steps": 1, "patience": 2, "epochs": 30.0}
    settings = train_settings(tmp_path, [pairs], **values, learning_rate=3.0, schedule="constant")
    program.train(settings)
    files = {path: path.read_bytes() for path in settings.output_dir.iterdir() if path.is_file()}
    program.train(settings)
    assert {path: path.read_bytes() for path in files} == files


def test_dropout_is_off_in_training_and_kept_in_the_configuration(
    tmp_path: Path, pairs: Path
) -> None:
    tiny_model.save_tiny(tmp_path / "model", attention_dropout=0.5)
    without = tiny_model.save_tiny(tmp_path / "without")
    settings = train_settings(tmp_path, [pairs], share_prefix=False)
    program.train(settings)
    config = json.loads((settings.output_dir / "config.json").read_text())
    assert config["attention_dropout"] == 0.5
    other = train_settings(
        tmp_path, [pairs], model=str(without), share_prefix=False, output_dir=tmp_path / "other"
    )
    program.train(other)
    curves = [[row["loss"] for row in steps(one)] for one in (settings, other)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("loss", ["simpo", "orpo", "kto"])
def test_other_losses_run(tmp_path: Path, pairs: Path, loss: str) -> None:
    settings = train_settings(tmp_path, [pairs], loss=loss, epochs=4)
    program.train(settings)
    told = steps(settings)
    assert told[-1]["loss"] < told[0]["loss"]


@pytest.mark.parametrize("loss", [{}, {"group_loss": "listwise"}, {"loss": "kto"}], ids=str)
def test_rows_with_several_rejected_answers(tmp_path: Path, loss: Any) -> None:
    rows = arithmetic_pairs(8)
    for row in rows:
        row["rejected"] = [row["rejected"], row["rejected"].replace("so", "or"), "so"]
        row["error_type"] = ["factual", "logical", None]
    file = write_rows(tmp_path / "pairs.jsonl", rows)
    settings = train_settings(tmp_path, [file], epochs=4, eval_split=0.25, **loss)
    assert program.train(settings) == 0
    told = steps(settings)
    assert told[-1]["step"] == 8  # six rows for training, four a step
    assert told[-1]["by_error_type"]["logical"]["rows"] == 2
    assert told[-1]["loss"] < told[0]["loss"]


def test_weights_of_what_was_changed(tmp_path: Path, pairs: Path) -> None:
    plain = train_settings(tmp_path, [pairs], output_dir=tmp_path / "plain")
    weighed = train_settings(tmp_path, [pairs], span_weight=5.0, span_tail=2)
    curves = []
    for settings in (plain, weighed, replace(weighed, loss="kto")):
        shutil.rmtree(settings.output_dir)
        settings.output_dir.mkdir()
        assert program.train(settings) == 0
        curves.append([row["loss"] for row in steps(settings)])
    assert curves[0][0] == pytest.approx(curves[1][0])  # log 2: nothing has moved yet
    assert curves[0][1:] != pytest.approx(curves[1][1:], rel=1e-3)


def test_kto_rows_and_rows_for_other_losses(tmp_path: Path) -> None:
    rows = [
        {"prompt": row["prompt"], "completion": row[side], "label": side == "chosen"}
        for row in arithmetic_pairs(8)
        for side in ("chosen", "rejected")
    ]
    file = write_rows(tmp_path / "kto.jsonl", rows)
    assert program.train(train_settings(tmp_path, [file], loss="kto")) == 0
    with pytest.raises(SeapoError, match="no pair to train on in 16 rows"):
        program.train(train_settings(tmp_path, [file], output_dir=tmp_path / "other"))
    reason = "--loss sigmoid needs both sides"
    assert reason in (tmp_path / "other" / "errors.jsonl").read_text()


def test_lora_trains_adapters_only_and_merges_on_request(tmp_path: Path, pairs: Path) -> None:
    from transformers import AutoModelForCausalLM

    values = {"lora_rank": 4, "learning_rate": 1e-2}
    settings = train_settings(tmp_path, [pairs], **values)
    program.train(settings)
    assert (settings.output_dir / "adapter_model.safetensors").is_file()
    assert not (settings.output_dir / "model.safetensors").exists()
    merged = train_settings(tmp_path, [pairs], **values, merge=True, output_dir=tmp_path / "merged")
    program.train(merged)
    model = AutoModelForCausalLM.from_pretrained(merged.output_dir)
    with_adapters = AutoModelForCausalLM.from_pretrained(settings.output_dir)
    ids = torch.arange(10)[None]
    assert torch.allclose(model(ids).logits, with_adapters(ids).logits, atol=LOGP)


def weights_in(folder: Path) -> set[str]:
    """The files by which loaders know what the folder holds."""
    names = {"config.json", "model.safetensors", "adapter_config.json", "adapter_model.safetensors"}
    return {name for name in names if (folder / name).exists()}


def test_merging_afterwards_trains_nothing_again(
    tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values: dict[str, Any] = {"lora_rank": 4, "learning_rate": 1e-2, "max_steps": 2}
    settings = train_settings(tmp_path, [pairs], **values)
    program.train(settings)
    curve = metrics(settings)
    monkeypatch.setattr(program, "take_step", None)
    program.train(replace(settings, merge=True))
    assert metrics(settings) == curve
    assert weights_in(settings.output_dir) == {"config.json", "model.safetensors"}
    foreign = settings.output_dir / "model-best.safetensors"
    foreign.write_bytes(b"somebody's")
    program.train(settings)
    assert foreign.read_bytes() == b"somebody's"
    foreign.unlink()
    assert weights_in(settings.output_dir) == {"adapter_config.json", "adapter_model.safetensors"}


def test_reference_is_computed_once(
    tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seapo_cli.training import reference

    program.train(train_settings(tmp_path, [pairs], max_steps=1))
    assert len(list((tmp_path / "cache").iterdir())) == 1
    monkeypatch.setattr(reference, "_compute", None)
    # Also for adapters on the same model: it is the same reference.
    other = {"output_dir": tmp_path / "other", "max_steps": 1}
    program.train(train_settings(tmp_path, [pairs], **other, lora_rank=2))
    more = write_rows(tmp_path / "more.jsonl", arithmetic_pairs(17))
    third = train_settings(tmp_path, [more], output_dir=tmp_path / "third")
    with pytest.raises(TypeError):
        program.train(third)


def test_accumulation_gives_the_same_curve(tmp_path: Path, pairs: Path) -> None:
    whole = train_settings(tmp_path, [pairs], batch_size=8, output_dir=tmp_path / "a")
    parts = train_settings(tmp_path, [pairs], batch_size=2, accumulate=4, output_dir=tmp_path / "b")
    for settings in (whole, parts):
        program.train(settings)
    curves = [[row["loss"] for row in steps(settings)] for settings in (whole, parts)]
    assert curves[0] == pytest.approx(curves[1], **CURVE)


def test_bad_and_long_rows_are_named_and_counted(tmp_path: Path, capfd: Any) -> None:
    rows = [*arithmetic_pairs(8), {"prompt": "Q?"}, arithmetic_pairs(1)[0]]
    rows[-1]["chosen"] += " so" * 100
    file = write_rows(tmp_path / "pairs.jsonl", rows)
    settings = train_settings(tmp_path, [file], max_length=100)
    assert program.train(settings) == 3
    stderr = capfd.readouterr().err
    assert f"{file}:9: no key 'chosen'" in stderr
    assert "1 pairs cut at --max-length 100" in stderr
    (error,) = (settings.output_dir / "errors.jsonl").read_text().splitlines()
    assert json.loads(error)["line"] == 9
    written = {path.name for path in settings.output_dir.iterdir() if path.is_file()}
    assert {"errors.jsonl", "train_metrics.jsonl"} < written <= {*WRITTEN}


def test_nan_stops_with_the_last_checkpoint_intact(tmp_path: Path, pairs: Path) -> None:
    rows = arithmetic_pairs(16)
    good = train_settings(tmp_path, [pairs], max_steps=2, save_steps=1)
    program.train(good)
    # An enormous margin makes the loss of the third step infinite.
    rows[0]["margin"] = 1e39
    file = write_rows(tmp_path / "broken.jsonl", rows)
    settings = train_settings(
        tmp_path, [file], output_dir=tmp_path / "nan", row_margins=True, save_steps=1, seed=1
    )
    with pytest.raises(SeapoError, match=r"step \d: loss inf.*last good checkpoint: ") as stopped:
        program.train(settings)
    step = int(str(stopped.value).split()[1].rstrip(":"))
    assert len(steps(settings)) == step - 1
    if step > 1:
        newest = max((settings.output_dir / "checkpoints").iterdir())
        assert torch.load(newest)["progress"]["step"] == step - 1


def test_full_disk_stops_with_the_last_checkpoint_intact(
    tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seapo_cli.training.checkpoints import Checkpoints

    settings = train_settings(tmp_path, [pairs], save_steps=1)
    save, limits = Checkpoints.save, resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_once(*arguments: Any) -> None:
        save(*arguments)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))

    monkeypatch.setattr(Checkpoints, "save", save_once)
    try:
        with pytest.raises(SeapoError, match=r"cannot write: .*step-00000001.pt is complete"):
            program.train(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    (kept,) = (settings.output_dir / "checkpoints").iterdir()
    assert torch.load(kept)["progress"]["step"] == 1
    monkeypatch.undo()
    assert program.train(settings) == 0


def test_other_settings_do_not_go_on_from_a_checkpoint(tmp_path: Path, pairs: Path) -> None:
    settings = train_settings(tmp_path, [pairs], max_steps=1)
    program.train(settings)
    with pytest.raises(UsageError, match="holds a run with other settings"):
        program.train(replace(settings, beta=0.2))


def test_early_stop_exports_the_best(tmp_path: Path, pairs: Path, capfd: Any) -> None:
    values = {"eval_split": 0.25, "eval_steps": 1, "patience": 2, "epochs": 30.0}
    settings = train_settings(tmp_path, [pairs], **values, learning_rate=3.0, schedule="constant")
    program.train(settings)
    assert "has not fallen for 2 evaluations: stopping" in capfd.readouterr().err
    losses = [row["eval/loss"] for row in metrics(settings) if "eval/loss" in row]
    assert len(losses) < 20
    assert (settings.output_dir / "checkpoints" / "best.pt").is_file()


def test_a_model_that_ignores_the_mask_falls_back(
    tmp_path: Path, pairs: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seapo_cli.training import attention

    def everything(_: Any, query: Any, key: Any, value: Any, *_rest: Any) -> Any:
        few = query.shape[1] > key.shape[1]
        attend = torch.nn.functional.scaled_dot_product_attention
        return attend(query, key, value, is_causal=True, enable_gqa=few)

    monkeypatch.setattr(attention.SegmentAttention, "__call__", everything)
    program.train(train_settings(tmp_path, [pairs], max_steps=1))
    stderr = capfd.readouterr().err
    assert "'segments' is not exact for this model: log-probabilities differ by" in stderr
    assert "as whole sequences" in stderr


def test_a_model_without_template_asks_for_one(tmp_path: Path, pairs: Path) -> None:
    settings = train_settings(tmp_path, [pairs])
    (Path(settings.model) / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="give a Jinja file with --chat-template"):
        program.train(settings)
    template = tmp_path / "chat.jinja"
    template.write_text(tiny_model.CHATML)
    assert program.train(replace(settings, chat_template=template)) == 0
