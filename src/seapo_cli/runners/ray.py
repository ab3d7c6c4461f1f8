"""Shards over a Ray cluster: one worker with one model after the other shard, no shard twice.

Ray Data hands out the shards and starts again what died; a worker is an actor of its pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from seapo_cli.engine.job import Job, errors_file
from seapo_cli.engine.progress import Progress
from seapo_cli.engine.tally import Tally
from seapo_cli.errors import SeapoError, UsageError
from seapo_cli.runners.shards import Folder, Shard, list_shards
from seapo_cli.runners.work import Finished, Worker

_CRASHES = 3
"""Times that a shard may take its worker down with it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the workers run."""

    address: str | None
    """None takes RAY_ADDRESS, else starts Ray on this machine."""
    workers: int | None
    """None takes one for each node."""
    gpus: float
    """GPUs of each worker."""


def run(job: Job, cluster: Cluster, about: Mapping[str, Any]) -> Tally:
    """Run a stage over all unfinished shards; `about` names the run, for its output folder.

    Raises:
        UsageError: the input or output is not one for shards, or Ray is not installed.
        SeapoError: some shards failed; the others are whole.
    """
    _check(job)
    shards = list_shards(job.files.input)
    output = Folder(job.files.output)
    output.claim({"stage": job.stage.name, **about})
    todo = output.unfinished(shards)
    engine = job.model.engine if job.model else None
    tally = Tally(engine.price_in, engine.price_out) if engine else Tally()
    figures: dict[str, Any] = {}
    failed: dict[str, str] = {shard.source: "its worker died with it" for shard in todo}
    size = sum(shard.size for shard in todo)
    with errors_file(job.files.errors) as errors, Progress(job.stage.name, tally, size) as progress:
        if len(todo) < len(shards):
            progress.say(f"{len(shards) - len(todo):,} of {len(shards):,} shards are done already")
        for found in _finished(todo, _absolute(job, output), cluster):
            tally.bytes_done += found.shard.size
            if found.error:
                failed[found.shard.source] = found.error
                progress.say(f"{found.shard.source}: {found.error}")
            else:
                del failed[found.shard.source]
                tally.add(found.counts)
                _add(figures, found.figures)
                if errors:
                    errors.write(output.errors(found.shard))
            progress.update()
        if tally.rows_failed and not errors:
            progress.say(f"failed rows and reasons: {output.name}/_seapo/*.errors.jsonl")
    counts = {"all": len(shards), "done": len(todo) - len(failed), "failed": len(failed)}
    if job.files.summary:
        told = {**tally.summary(), "shards": counts, **figures}
        job.files.summary.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    if failed:
        source, reason = next(iter(failed.items()))
        raise SeapoError(
            f"{len(failed):,} of {len(shards):,} shards failed; the same command tries them again; "
            f"{source}: {reason}"
        )
    return tally


def _check(job: Job) -> None:
    files = job.files
    for name, value in (("input", files.input), ("--output", files.output)):
        if value == "-":
            raise UsageError(f"--runner ray works on shards: {name} must be files or a folder")
    if job.model and job.model.backend.is_batch:
        raise UsageError("--runner ray does not go with --batch-out or --batch-in")


def _absolute(job: Job, output: Folder) -> Job:
    """The job as workers can do it, whose current directory is another."""
    rejected = job.files.rejected and Folder(job.files.rejected).name
    files = replace(job.files, output=output.name, rejected=rejected)
    model = job.model
    if model is not None:
        backend, engine = model.backend, model.engine
        if backend.model and Path(backend.model).exists():
            backend = backend.model_copy(update={"model": str(Path(backend.model).resolve())})
        if engine.store:
            engine = engine.model_copy(update={"store": engine.store.absolute()})
        model = replace(model, backend=backend, engine=engine)
    return replace(job, files=files, model=model)


def _finished(shards: Sequence[Shard], job: Job, cluster: Cluster) -> Iterator[Finished]:
    """What became of the shards, as they finish."""
    if not shards:
        return
    with _connected(cluster) as ray:
        workers = min(len(shards), cluster.workers or len(ray.nodes()))
        data = ray.data.from_items(
            [asdict(shard) for shard in shards], override_num_blocks=len(shards)
        )
        found = data.map(
            Worker,
            fn_constructor_args=(job,),
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
            num_gpus=cluster.gpus or None,
            max_task_retries=_CRASHES,
        )
        for row in found.iter_rows():
            told = orjson.loads(row["finished"])
            yield Finished(**{**told, "shard": Shard(**told["shard"])})


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add up what is counted; what is not (quantiles, say) stays in the shards' notes."""
    for name, value in more.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(name, {}), value)
        elif isinstance(value, int):
            total[name] = total.get(name, 0) + value


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    try:
        import ray
        import ray.data
    except ImportError:
        raise UsageError("--runner ray needs Ray: pip install 'seapo-cli[ray]'") from None
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # a shard that kills its workers is missing at the end
    try:
        yield ray
    finally:
        ray.shutdown()
