"""Options of where a stage runs: in this process, or over shards on Ray."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, Settings, opt


class RunnerSettings(Settings, group="Shards over Ray"):
    """Where a stage runs."""

    runner: Annotated[
        Literal["local", "ray"],
        "ray: FILE names shards (a file, folder or quoted pattern, also s3:// and the like); -o, "
        "--errors and --rejected are folders.",
    ] = opt("local", env="SEAPO_RUNNER")
    address: Annotated[
        str | None, "ray: address of a running cluster. [default: start Ray on this machine]"
    ] = opt(
        None,
        "--ray-address",
        env=["SEAPO_RAY_ADDRESS", "RAY_ADDRESS"],
        metavar="ADDRESS",
        parse=parse.given_text,
    )
    workers: Annotated[
        int | None, "ray: shards processed at once. [default: as many as the cores or GPUs allow]"
    ] = opt(None, "--ray-workers", within=COUNT)
    gpus_per_worker: Annotated[float, "ray: GPUs per worker, for --backend vllm."] = opt(
        0.0, "--ray-gpus-per-worker", ge=0
    )
