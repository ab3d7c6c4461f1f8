"""Options of where a stage runs: in this process, or over shards on Ray."""

from __future__ import annotations

from typing import Literal

from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, Settings, opt

_RAY = "Shards over Ray"


class RunnerSettings(Settings):
    """Where a stage runs."""

    runner: Literal["local", "ray"] = opt(
        default="local",
        env="SEAPO_RUNNER",
        group=_RAY,
        help="ray: FILE is shards (a file, folder or quoted pattern, also s3:// and the like); "
        "-o, --errors and --rejected are folders.",
    )
    address: str | None = opt(
        "--ray-address",
        default=None,
        env=("SEAPO_RAY_ADDRESS", "RAY_ADDRESS"),
        metavar="ADDRESS",
        group=_RAY,
        parse=parse.given_text,
        help="ray: a running cluster. [default: Ray is started on this machine]",
    )
    workers: int | None = opt(
        "--ray-workers",
        default=None,
        group=_RAY,
        within=COUNT,
        help="ray: shards at once. [default: as many as there are cores, or GPUs for them]",
    )
    gpus_per_worker: float = opt(
        "--ray-gpus-per-worker",
        default=0.0,
        group=_RAY,
        ge=0,
        help="ray: GPUs that each worker gets, for --backend vllm.",
    )
