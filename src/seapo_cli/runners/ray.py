"""Shards over a Ray cluster, or over the cores of this machine."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import RunnerSettings
from seapo_cli.runners.shards import Shard, ShardReport, one_line
from seapo_cli.runners.work import ATTEMPTS, Plan, Worker

_LOST = f"its worker died {ATTEMPTS} times (out of memory?); Ray's logs may show why"
_REASON_LENGTH = 500


def run_shards(
    plan: Plan, shards: Sequence[Shard], settings: RunnerSettings
) -> Iterator[ShardReport]:
    """Reports as shards finish, in any order; one for every shard.

    A worker that dies is restarted, and its shard processed again.

    Raises:
        SeapoError: Ray is not installed, or cannot run them.
    """
    left = {shard.path: shard for shard in shards}
    try:
        with _own_terminal(), _cluster(settings, len(shards)) as workers:
            for row in _dataset(plan, shards, settings, workers).iter_rows():
                report = ShardReport.model_validate_json(row["report"])
                left.pop(report.shard.path, None)
                yield report
    except SeapoError:
        raise
    except Exception as error:  # whatever Ray raises
        raise SeapoError(f"ray: {one_line(error)[:_REASON_LENGTH]}") from None
    for shard in left.values():
        yield ShardReport(shard=shard, error=_LOST)


@contextmanager
def _cluster(settings: RunnerSettings, shards: int) -> Iterator[int]:
    """Ray, running; yields the number of workers."""
    ray = _import_ray()
    local: dict[str, Any] = {}
    if settings.address is None:
        # Workers wait for answers more than they compute: more of them than cores is not a mistake.
        cores = max(os.cpu_count() or 1, settings.workers or 1)
        local = {"num_cpus": cores, "include_dashboard": False}
    address = settings.address or "local"
    ray.init(address=address, logging_level=logging.CRITICAL, log_to_driver=False, **local)
    try:
        there = ray.cluster_resources()
        most = int(there.get("CPU", 1))
        if settings.gpus_per_worker:
            most = int(there.get("GPU", 0) / settings.gpus_per_worker)
        if most < 1:
            raise UsageError(
                f"--ray-gpus-per-worker {settings.gpus_per_worker:g}: Ray sees "
                f"{there.get('GPU', 0):g} GPUs"
            )
        yield max(1, min(settings.workers or most, most, shards))
    finally:
        ray.shutdown()


def _dataset(plan: Plan, shards: Sequence[Shard], settings: RunnerSettings, workers: int) -> Any:
    """One row per shard, through a pool of workers."""
    ray = _import_ray()
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # a shard that is lost is not a reason to lose the others
    rows = [{"shard": shard.model_dump_json()} for shard in shards]
    with warnings.catch_warnings():
        # New versions of Ray prefer other names for the last two, which old ones do not know.
        warnings.simplefilter("ignore")
        return ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            Worker,
            fn_constructor_args=(plan,),
            # One shard at a time: a queued one would wait for its worker while others idle.
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
            num_cpus=1,
            num_gpus=settings.gpus_per_worker or None,
            max_restarts=-1,
            max_task_retries=ATTEMPTS - 1,
        )


@contextmanager
def _own_terminal() -> Iterator[None]:
    """Keep `sys.stderr` for seapo: what Ray writes there and to stdout does not help a user."""
    ours, terminal = sys.stderr, os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    os.close(sink)
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
            os.fdopen(os.dup(terminal), "w", buffering=1, errors="backslashreplace") as sys.stderr,
        ):
            yield
    finally:
        sys.stderr = ours
        os.dup2(terminal, 2)
        os.close(terminal)


def _import_ray() -> Any:
    """Ray, with its Python logging kept off the terminal; its log files stay."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    warnings.filterwarnings("ignore", module="ray")
    import_module("ray.data")
    ray = import_module("ray")
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            if getattr(handler, "stream", None) in (sys.stderr, sys.stdout):
                handler.setLevel(logging.CRITICAL + 1)
    return ray
