"""Runs as processes of their own: killed, interrupted, and several at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from socket import socket
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")


from rounding import CURVE
from running import SOURCES, heed_ctrl_c, killed_at_end
from seapo_cli.options import TrainSettings
from tiny_model import arithmetic_pairs, train_settings, write_rows

PROGRAM = (sys.executable, "-m", "seapo_cli.training")
PATIENT = 120.0
_TIMES = ("tokens_per_second", "peak_memory_mb")


def settings_file(settings: TrainSettings) -> str:
    path = settings.output_dir / "train_settings.json"
    path.write_text(json.dumps(settings.dump()))
    return str(path)


def start(command: Sequence[str], settings: TrainSettings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, settings_file(settings)],
        env=environment,
        preexec_fn=heed_ctrl_c,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run(command: Sequence[str], settings: TrainSettings) -> str:
    with killed_at_end(start(command, settings)) as process:
        _, stderr = process.communicate(timeout=PATIENT)
    assert process.returncode == 0, stderr.decode()
    return stderr.decode()


def curve(settings: TrainSettings) -> list[dict[str, Any]]:
    """The metrics without what depends on the machine."""
    lines = (settings.output_dir / "train_metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return [{name: one for name, one in row.items() if name not in _TIMES} for row in rows]


def wait_for_steps(settings: TrainSettings, count: int) -> None:
    path, begun = settings.output_dir / "train_metrics.jsonl", time.monotonic()
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() - begun < PATIENT
        time.sleep(0.01)


def in_this_process(settings: TrainSettings) -> None:
    from seapo_cli.training.train import train

    train(settings)


@pytest.mark.parametrize("values", [{}, {"lora_rank": 2, "merge": True, "loss": "kto"}])
def test_a_killed_run_goes_on_to_the_same_bit(tmp_path: Path, values: dict[str, Any]) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(24))
    values = {**values, "epochs": 10, "save_steps": 3, "batch_size": 2, "accumulate": 2}
    whole = train_settings(tmp_path, [pairs], **values, output_dir=tmp_path / "whole")
    in_this_process(whole)
    killed = train_settings(tmp_path, [pairs], **values)
    with killed_at_end(start(PROGRAM, killed)) as process:
        wait_for_steps(killed, 11)
        process.send_signal(signal.SIGKILL)
    assert not (killed.output_dir / "model.safetensors").exists()
    assert "resuming after step" in run(PROGRAM, killed)
    assert curve(killed) == curve(whole)
    one, other = (s.output_dir / "model.safetensors" for s in (killed, whole))
    assert one.read_bytes() == other.read_bytes()


def test_ctrl_c_ends_with_130_and_one_line(tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(24))
    settings = train_settings(tmp_path, [pairs], epochs=1000)
    with killed_at_end(start(PROGRAM, settings)) as process:
        wait_for_steps(settings, 2)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENT)
    assert process.returncode == 130
    assert stderr.decode().splitlines()[-1].startswith("seapo train: interrupted")
    assert b"Traceback" not in stderr


# accelerate starts several processes only under the name of GPUs; there need not be any.
ACCELERATE = (
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
    *("-m", "seapo_cli.training"),
)


@pytest.mark.parametrize(
    ("command", "values"),
    [
        (PROGRAM, {"sharding": "fsdp", "procs": 2}),
        (PROGRAM, {"sharding": "fsdp", "procs": 2, "lora_rank": 2, "merge": True, "loss": "kto"}),
        (ACCELERATE, {"sharding": "ddp"}),
    ],
    ids=["fsdp", "fsdp with adapters", "ddp by accelerate"],
)
def test_two_processes_give_the_curve_of_one(
    tmp_path: Path, command: Sequence[str], values: dict[str, Any]
) -> None:
    # 13 pairs: the last step of an epoch has fewer rows than processes and passes.
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(13))
    common = {**values, "epochs": 2, "eval_split": 0.2, "accumulate": 2}
    alone = train_settings(
        tmp_path, [pairs], **(common | {"procs": 1}), batch_size=2, output_dir=tmp_path / "alone"
    )
    in_this_process(alone)
    several = train_settings(tmp_path, [pairs], **common, batch_size=1)
    run(command, several)
    for one, other in zip(curve(several), curve(alone), strict=True):
        kept = {name: value for name, value in other.items() if "by_error_type" not in name}
        found = {name: value for name, value in one.items() if "by_error_type" not in name}
        assert found == pytest.approx(kept, **CURVE)
    from safetensors.torch import load_file

    weights, expected = (load_file(s.output_dir / "model.safetensors") for s in (several, alone))
    begun = load_file(tmp_path / "model" / "model.safetensors")
    gap, way = (
        sum(float((one[name] - other[name]).square().sum()) for name in expected) ** 0.5
        for one, other in ((weights, expected), (expected, begun))
    )
    assert gap <= 0.05 * way


def test_two_nodes_give_the_curve_of_one(tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", arithmetic_pairs(8))
    alone = train_settings(tmp_path, [pairs], batch_size=2, output_dir=tmp_path / "alone")
    in_this_process(alone)
    with socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    nodes = train_settings(tmp_path, [pairs], batch_size=1, nodes=2, rendezvous=address)
    with (
        killed_at_end(start(PROGRAM, nodes)) as first,
        killed_at_end(start(PROGRAM, nodes)) as second,
    ):
        told = [node.communicate(timeout=PATIENT)[1].decode() for node in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), told
    for one, other in zip(curve(nodes), curve(alone), strict=True):
        assert one["loss"] == pytest.approx(other["loss"], **CURVE)


def test_a_failing_process_ends_the_run_with_its_code(tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", [{"prompt": "Q?"}])
    settings = train_settings(tmp_path, [pairs], procs=2)
    with killed_at_end(start(PROGRAM, settings)) as process:
        _, stderr = process.communicate(timeout=PATIENT)
    assert process.returncode == 1
    assert b"no pair to train on" in stderr
    assert b"Traceback" not in stderr
