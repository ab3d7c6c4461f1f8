"""Two hundred kills at seeded moments, over every stage, training and both runners."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hostile.bench import Bench, Running, Zygote
from hostile.fault_server import Face, FaultServer
from hostile.kills import Undisturbed, Victim, files, kill, undisturbed, writes
from hostile.stages import ASKING, Stage
from hostile.trainings import prepare_training, start_training, trained

ROWS = 40
LOCAL = 4000
"""Rows for what asks no model: enough to be killed among them."""
_STAGES = {stage.name: stage for stage in ASKING}
_CODE = "def double(n):\n    return {} * n\n"


def _asking(name: str, *more: str) -> Victim:
    stage = _STAGES[name]
    return Victim(
        name,
        lambda bench: bench.start(*stage.run("-m", "mock", "-c", "4", *more)),
        files("out.jsonl", *(more[1::2])),
        writes(stage.rows(ROWS // (1 + (name == "pair")))),
    )


def _alone(name: str, *arguments: str, outputs: tuple[str, ...] = ("out.jsonl",)) -> Victim:
    stage = Stage(name, arguments)
    rows = [
        row | {"prompt": f"{row['prompt']} {n}", "negative": f"{row['negative']} Or {n * 7}."}
        for n, row in enumerate(stage.rows(LOCAL))
    ]
    run = stage.run("--errors", "errors.jsonl")
    return Victim(
        name, lambda bench: bench.start(*run), files(*outputs), writes(rows), concurrency=0
    )


def _tested() -> Victim:
    rows = [
        {
            "id": str(n),
            "prompt": f"Double it, {n}.",
            "response": _CODE.format(2),
            "negative": f"# {n}\n" + _CODE.format(3),
            "test": "import time\ntime.sleep(0.2)\ndef check(f):\n    assert f(3) == 6\n",
            "entry_point": "double",
        }
        for n in range(6)
    ]
    options = (
        "--preset",
        "none",
        "--check",
        "tests",
        "--set",
        "tests.unsafe=true",
        "--rejected",
        "rejected.jsonl",
    )

    def start(bench: Bench) -> Running:
        return bench.start(*Stage("t", ("filter", *options)).run())

    return Victim("run-tests", start, files("out.jsonl"), writes(rows), concurrency=0)


def _batch() -> Victim:
    url = "http://127.0.0.1:9/v1"  # always the same: it is a part of the requests' names
    run = ("sample", "in.jsonl", "-m", "mock", "--base-url", url, "--batch-out", "wanted.jsonl")
    stage = _STAGES["sample"]
    return Victim(
        "batch",
        lambda bench: bench.start(*run, stdout="/dev/null"),
        files("wanted-00001.jsonl"),
        writes(stage.rows(LOCAL)),
        codes={4},
    )


VICTIMS: dict[str, tuple[Victim, int]] = {
    "sample": (_asking("sample"), 24),
    "inject": (_asking("inject"), 24),
    "rewrite": (_asking("rewrite"), 24),
    "judge": (_asking("judge", "--rejected", "rejected.jsonl"), 20),
    "pair by a judge": (_asking("pair"), 16),
    "filter": (_alone("filter", "filter", "--preset", "none", "--check", "length",
                      "--rejected", "rejected.jsonl"), 16),
    "pair": (_alone("pair", "pair", "-f", "trl", "--eval-split", "0.3", "--eval-output",
                    "eval.jsonl", outputs=("out.jsonl", "eval.jsonl")), 16),
    "run-tests": (_tested(), 12),
    "batch": (_batch(), 8),
}  # fmt: skip
TRAININGS, RAYS = 40, 4
_RAY_GRACE = 120
"""Seconds in which Ray's daemons, which `kill -9` orphans, have to find that out: 10 where little
else runs. They begin before the run does, and look for it only once they have begun."""


@pytest.fixture(scope="session")
def whole_runs() -> dict[str, Undisturbed]:
    """What undisturbed runs wrote, as far as known."""
    return {}


def _parts(kills: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, kills, size):
        yield start, min(start + size, kills)


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name, (_, kills) in VICTIMS.items() for part in _parts(kills, 4)],
)
def test_killed_and_run_again(
    name: str,
    part: tuple[int, int],
    tmp_path: Path,
    zygote: Zygote,
    fault_server: FaultServer,
    whole_runs: dict[str, Undisturbed],
    record_property: Callable[[str, object], None],
) -> None:
    victim = VICTIMS[name][0]

    def fresh(folder: str) -> tuple[Bench, Face]:
        face = fault_server.face(latency=victim.latency)
        return Bench(tmp_path / folder / "work", zygote, face.url), face

    (tmp_path / "whole").mkdir()
    if name not in whole_runs:
        whole_runs[name] = undisturbed(victim, fresh("whole")[0])
    record_property("kills", part[1] - part[0])
    broken = []
    for number in range(*part):
        (tmp_path / str(number)).mkdir()
        bench, face = fresh(str(number))
        rng = random.Random(f"{name} {number}")
        broken += kill(victim, bench, whole_runs[name], face, rng)
    assert not broken, "\n".join(broken)


def _curve(bench: Bench) -> list[dict[str, object]]:
    """The metrics without what depends on the machine."""
    lines = (bench.folder / "out" / "train_metrics.jsonl").read_text().splitlines()
    times = ("tokens_per_second", "peak_memory_mb")
    return [{n: one for n, one in json.loads(row).items() if n not in times} for row in lines]


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.parametrize("part", list(_parts(TRAININGS, 5)))
def test_training_killed_and_run_again(
    part: tuple[int, int],
    tmp_path: Path,
    training_zygote: Zygote,
    fault_server: FaultServer,
    tiny: Path,
    record_property: Callable[[str, object], None],
) -> None:
    prepare = partial(prepare_training, model=tiny)
    victim = Victim("train", start_training, trained, prepare)
    record_property("kills", part[1] - part[0])
    peace = Bench(tmp_path / "whole" / "work", training_zygote)
    whole, broken = undisturbed(victim, peace), []
    for number in range(*part):
        bench = Bench(tmp_path / str(number) / "work", training_zygote)
        rng = random.Random(f"train {number}")
        broken += kill(victim, bench, whole, fault_server.face(), rng)
        if _curve(bench) != _curve(peace):
            broken.append(f"train {number}: another curve")
    assert not broken, "\n".join(broken)


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Where Ray keeps its sockets and logs."""
    with TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.ray
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_ray_killed_and_run_again(
    tmp_path: Path,
    ray_folder: Path,
    zygote: Zygote,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    stage, shards = _STAGES["sample"], range(3)
    ray = ("--runner", "ray", "--ray-workers", "2", "-c", "4", "-m", "mock")
    run = (sys.executable, "-m", "seapo_cli", *stage.arguments, "in", "-o", "out", *ray)
    names = [f"out/s{n}.jsonl" for n in shards]
    short = {"RAY_TMPDIR": str(ray_folder)}  # its sockets bear no long names

    def prepare(bench: Bench) -> None:
        for n in shards:
            bench.file(f"in/s{n}.jsonl", stage.rows(ROWS, start=n * ROWS))

    victim = Victim(
        "ray",
        lambda bench: bench.start(*run, program="exec", environment=short, grace=_RAY_GRACE),
        files(*names),
        prepare,
        latency=0.3,
        concurrency=8,
    )
    record_property("kills", RAYS)
    whole = undisturbed(victim, Bench(tmp_path / "whole" / "work", zygote, fault_server.face().url))
    broken = []
    for number in range(RAYS):
        face = fault_server.face(latency=victim.latency)
        bench = Bench(tmp_path / str(number) / "work", zygote, face.url)
        broken += kill(victim, bench, whole, face, random.Random(f"ray {number}"))
    assert not broken, "\n".join(broken)
