"""A training run, from start to finish."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import torch

from seapo_cli.exceptions import SeapoError
from seapo_cli.io.folders import only_run
from seapo_cli.options import TrainSettings
from seapo_cli.training import dataset
from seapo_cli.training.adapters import check_device, how_to_serve
from seapo_cli.training.batches import Batches, plan
from seapo_cli.training.check import choose_path
from seapo_cli.training.checkpoints import Checkpoints, Progress, trained_weights
from seapo_cli.training.difficulty import Scored, displaced, means, write_scores
from seapo_cli.training.export import export, model_card
from seapo_cli.training.heap import keep_freed_memory
from seapo_cli.training.layout import size, together
from seapo_cli.training.loss_step import LossStep
from seapo_cli.training.losses import LOSSES
from seapo_cli.training.memory import with_checkpointing
from seapo_cli.training.metrics import FallingChosen, Metrics, RowMetrics, peak_memory_mb, summarize
from seapo_cli.training.model import load_model, load_tokenizer, quiet, turn_off_dropout
from seapo_cli.training.optimizer import (
    build_optimizer,
    check_optimizer,
    learning_rate,
    take_step,
)
from seapo_cli.training.precision import with_dtype
from seapo_cli.training.prepared import prepared
from seapo_cli.training.processes import Processes, join, leave, spread
from seapo_cli.training.reference import hash_weights
from seapo_cli.training.report import Report
from seapo_cli.training.scorer import Scorer
from seapo_cli.training.slices import sliced
from seapo_cli.training.trackers import open_trackers

_NOT_OF_THE_RESULT = {
    *("files", "eval_file", "model", "chat_template", "output_dir", "reference_cache"),
    *("batch_size", "accumulate", "procs", "nodes", "rendezvous", "sharding"),
    *("save_steps", "save_minutes", "keep", "report_to", "share_prefix", "gradient_checkpointing"),
    *("pair_scores", "merge", "gguf"),
}
"""Settings that do not affect the result, or whose content the fingerprint covers otherwise."""
_DISPLACED_FILE = "displaced.jsonl"
_COMPUTED = 4
"""Raised whenever log-probabilities are computed differently: cached ones become invalid."""


def train(settings: TrainSettings) -> int:
    """Train a model on pairs; returns the exit code: 3 if some rows could not be used.

    Raises:
        SeapoError: the run cannot go on.
    """
    quiet()
    processes, held = join(), ExitStack()
    if processes.device.type == "cpu":
        keep_freed_memory()
    try:
        check_device(settings, processes.device)
        check_optimizer(settings, processes.device)
        if processes.first:
            held.enter_context(only_run(settings.output_dir))
        tokenizer = load_tokenizer(settings)
        pairs_only = LOSSES[settings.loss].pairs
        split = dataset.load(settings, tokenizer, pairs_only, writes=processes.first)
        trackers = open_trackers(settings) if processes.first else []
        with Report(settings.output_dir, trackers, processes.first) as report:
            for note in split.notes:
                report.say(note)
            run = _prepare(settings, split, processes, report)
            _loop(run)
            _finish(run, tokenizer)
        return 3 if split.bad_rows else 0
    finally:
        held.close()
        leave()


@dataclass(slots=True)
class _Run:
    """Everything that the loop uses."""

    settings: TrainSettings
    split: dataset.Split
    work: LossStep
    scores: Scored
    batches: Batches
    optimizer: torch.optim.Optimizer
    checkpoints: Checkpoints
    processes: Processes
    report: Report
    bf16: bool
    total: int
    """Total number of steps."""
    progress: Progress


def _prepare(
    settings: TrainSettings, split: dataset.Split, processes: Processes, report: Report
) -> _Run:
    """Load, check, distribute, score the reference, and go to where the last run stopped."""
    checkpoints = Checkpoints(settings.output_dir, settings.keep, processes)
    begun = processes.broadcast(checkpoints.begun() if processes.first else None)
    known = begun.dtype if begun else None
    settings, dtype = with_dtype(settings, known, processes, report.say)
    bf16 = dtype == "bf16"
    sent = settings.sharding == "fsdp" and not processes.first
    slices = sliced(settings, processes)
    model = slices.model if slices else load_model(settings, bf16, empty=sent)
    weights = slices.weights() if slices else model.state_dict().items()
    model_hash = processes.broadcast(hash_weights(weights) if processes.first else None)
    turn_off_dropout(model)
    scorer = Scorer(model, bf16)
    shared = spread(scorer, settings.sharding, processes, bf16, slices)
    if settings.share_prefix:
        for note in choose_path(scorer, shared, split.data.examples, processes.device):
            report.say(note)
    shared.eval()
    key = f"{model_hash} {bf16} {_COMPUTED}"
    work, scores = prepared(settings, split, shared, key, processes, report)
    if settings.pair_scores and processes.first:
        write_scores(str(settings.pair_scores), split.data.pairs, scores)
    shared.train()
    optimizer = build_optimizer(shared, settings)
    fingerprint = _fingerprint(settings, split, model_hash, processes.count)
    found = checkpoints.restore(fingerprint, shared, optimizer, report.say)
    units = together(range(split.training), split.data.groups)
    batches = plan(units, scores, settings, _rows_per_step(settings, processes), report.say)
    total = math.ceil(settings.epochs * batches.per_epoch)
    total = min(total, settings.max_steps or total)
    progress = found or Progress(fingerprint, 0, 0, math.inf, 0, dtype, None)
    report.goto(progress.metrics_bytes)
    recomputes = with_checkpointing(settings, scorer, work, batches, progress, report)
    settings = replace(settings, gradient_checkpointing=recomputes)  # for the model card
    return _Run(
        settings=settings,
        split=split,
        work=work,
        scores=scores,
        batches=batches,
        optimizer=optimizer,
        checkpoints=checkpoints,
        processes=processes,
        report=report,
        bf16=bf16,
        total=total,
        progress=replace(progress, recomputes=recomputes),
    )


def _loop(run: _Run) -> None:
    """Train to the last step, or until held-out loss stops falling."""
    settings, report, watch = run.settings, run.report, FallingChosen(run.settings)
    saved_at = time.monotonic()
    if run.progress.step == 0:
        _evaluate(run)
    if settings.patience and run.progress.evaluations_since_best >= settings.patience:
        return  # it had stopped already
    report.begin("steps", run.total, run.progress.step)
    for step in range(run.progress.step, run.total):
        began = time.perf_counter()
        rows = run.batches.rows(step)
        found = run.work.train(rows, settings.accumulate)
        rate = learning_rate(step, run.total, settings)
        norm = take_step(run.work.scorer, run.optimizer, rate, settings.max_grad_norm)
        figures = _figures(run, rows, found, time.perf_counter() - began)
        _stop_if_broken(run, step + 1, figures["loss"], norm)
        epoch = (step + 1) / run.batches.per_epoch
        figures |= {"grad_norm": norm, "learning_rate": rate, "epoch": round(epoch, 4)}
        report.metrics(step + 1, figures)
        report.advance(1, f"loss {figures['loss']:.4f}")
        if warning := watch.see(found, figures):
            report.say(f"warning: {warning}")
            _tell_displaced(run, watch.fallen())
        run.progress = replace(run.progress, step=step + 1)
        ends = step + 1 == run.total
        if ends or (settings.eval_steps and (step + 1) % settings.eval_steps == 0):
            ends = _exhausted(run, _evaluate(run)) or ends
        run.progress = replace(run.progress, metrics_bytes=report.size())
        if ends or _save_is_due(run, saved_at):
            run.checkpoints.save(run.progress, run.work.scorer, run.optimizer)
            saved_at = time.monotonic()
        if ends:
            break


def _tell_displaced(run: _Run, fallen: Mapping[int, float]) -> None:
    """Name the pairs whose chosen fell most, and write all of them."""
    path = run.settings.output_dir / _DISPLACED_FILE
    if fallen and run.processes.first:
        run.report.say(displaced(fallen, run.split.data.pairs, run.scores, path))


def _figures(run: _Run, rows: Sequence[int], found: list[RowMetrics], seconds: float) -> Metrics:
    units = together(rows, run.split.data.groups)
    tokens = sum(size(unit, run.work.examples) for unit in units)
    return {
        **summarize(found, [pair.error_type for pair in run.split.data.pairs]),
        **means(rows, run.scores),
        "tokens_per_second": round(tokens / seconds, 1),
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def _stop_if_broken(run: _Run, step: int, loss: float, norm: float) -> None:
    """A loss or gradient that is not a number took no step; going on would waste time."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    last = run.checkpoints.latest()
    raise SeapoError(
        f"step {step}: loss {loss}, gradient norm {norm}: stopped before the weights changed; "
        f"last good checkpoint: {last or 'none yet'}; try a lower --learning-rate or --dtype fp32"
    )


def _evaluate(run: _Run) -> Metrics:
    """Figures of the held-out pairs, reported under `eval/`; empty if there are none."""
    if not run.split.held_out:
        return {}
    run.work.scorer.eval()
    found = run.work.evaluate(run.split.held_out)
    run.work.scorer.train()
    figures = summarize(found, [pair.error_type for pair in run.split.data.pairs])
    told = {f"eval/{name}": value for name, value in figures.items()}
    run.report.metrics(run.progress.step, told)
    return told


def _exhausted(run: _Run, figures: Metrics) -> bool:
    """Keep the best weights; whether held-out loss has not fallen for `patience` evaluations."""
    if run.settings.patience is None:
        return False
    better = figures["eval/loss"] < run.progress.best_loss
    if better:
        run.checkpoints.save_best(run.work.scorer)
    run.progress = replace(
        run.progress,
        best_loss=figures["eval/loss"] if better else run.progress.best_loss,
        evaluations_since_best=0 if better else run.progress.evaluations_since_best + 1,
    )
    if run.progress.evaluations_since_best < run.settings.patience:
        return False
    run.report.say(
        f"held-out loss has not fallen for {run.settings.patience} evaluations: stopping"
    )
    return True


def _finish(run: _Run, tokenizer: Any) -> None:
    """Write the model: the best one with early stopping, else the last."""
    settings, bf16, data = run.settings, run.bf16, run.split.data
    weights = trained_weights(run.work.scorer)
    if run.processes.first:
        if settings.patience is not None:
            weights = run.checkpoints.best(run.report.say) or weights
        if settings.lora_rank and settings.merges and not settings.merge:
            run.report.say("adapters are merged: nobody could load them onto a GGUF file")
        about = {"rows": len(data.examples), "hash": data.digest(), **data.counts}
        card = model_card(settings, about, run.report.last())
        export(weights, settings, tokenizer, bf16, card)
        run.report.say(f"{run.progress.step:,} steps done: {settings.output_dir}")
        if line := how_to_serve(settings):
            run.report.say(line)
    run.processes.broadcast(True)


def _save_is_due(run: _Run, saved_at: float) -> bool:
    if run.settings.save_steps:
        return run.progress.step % run.settings.save_steps == 0
    return run.processes.broadcast(time.monotonic() - saved_at > 60 * run.settings.save_minutes)


def _fingerprint(
    settings: TrainSettings, split: dataset.Split, model_hash: str, processes: int
) -> str:
    """Hash of everything that determines the result: not the number of processes, but the batch."""
    values = settings.dump(without=_NOT_OF_THE_RESULT)
    values["rows_per_step"] = settings.batch_size * settings.accumulate * processes
    values["terms"] = [(pair.weight, pair.margin) for pair in split.data.pairs]
    values["groups"] = split.data.groups
    parts = [
        json.dumps(values, sort_keys=True),
        split.data.digest(),
        str(split.training),
        model_hash,
    ]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _rows_per_step(settings: TrainSettings, processes: Processes) -> int:
    return settings.batch_size * settings.accumulate * processes.count
