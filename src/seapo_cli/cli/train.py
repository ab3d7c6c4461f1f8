"""`seapo train`: options to settings, then the training program takes this process's place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from seapo_cli.cli.options import expanded, need_input, option
from seapo_cli.exceptions import UsageError
from seapo_cli.extras import need

SETTINGS_FILE = "train_settings.json"


@dataclass(frozen=True)
class TrainOptions:
    """Everything but the pairs; each field is the one of `TrainSettings` with that name."""

    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            env="SEAPO_TRAIN_MODEL",
            metavar="NAME",
            help="Folder or hub name for transformers, or a GGUF file. "
            "[default: the packaged SmolLM2-135M-Instruct]",
        ),
    ] = None
    chat_template: Annotated[
        Path | None, option(metavar="FILE", help="Jinja chat template, for models without one.")
    ] = None
    eval_file: Annotated[Path | None, option(metavar="FILE", help="JSONL of held-out pairs.")] = (
        None
    )
    eval_split: Annotated[
        float, option(help="Share of the prompts to hold out, instead of --eval-file.")
    ] = 0.0
    max_length: Annotated[int, option(help="Tokens of prompt and answer together.")] = 2048
    too_long: Annotated[
        Literal["truncate", "drop"], option(help="Cut the end of longer answers, or drop the pair.")
    ] = "truncate"
    loss: Annotated[
        Literal["sigmoid", "cdpo", "robust", "hinge", "ipo", "simpo", "orpo", "kto"],
        option(help="What is minimised; sigmoid is DPO."),
    ] = "sigmoid"
    beta: Annotated[float, option(help="Strength of the pull to the reference.")] = 0.1
    label_smoothing: Annotated[
        float,
        option(help="cdpo, robust: share of pairs the wrong way round."),
    ] = 0.0
    simpo_gamma: Annotated[float, option(help="simpo: target reward margin.")] = 0.5
    dpop: Annotated[
        float,
        option(help="Weight of the penalty on chosen getting less likely."),
    ] = 0.0
    sft: Annotated[float, option(help="Weight of chosen's own likelihood (RPO).")] = 0.0
    group_loss: Annotated[
        Literal["pairs", "listwise", "best"],
        option(
            help="Several rejected answers of a row: each as a pair; listwise: chosen first of all "
            "(Plackett-Luce); best: chosen against their mean.",
        ),
    ] = "pairs"
    span_weight: Annotated[
        float, option(help="What a changed token counts in the loss, others 1.")
    ] = 1.0
    span_tail: Annotated[
        int, option(help="Tokens after a changed span over which its weight falls off.")
    ] = 0
    span_only: Annotated[
        bool, option("--span-only", help="Only changed tokens and their tail count.")
    ] = False
    row_margins: Annotated[
        bool,
        option("--row-margins", help="Ask chosen's reward to lead by the row's `margin`."),
    ] = False
    margin_window: Annotated[
        tuple[float, float] | None,
        option(
            metavar="LOW HIGH",
            help="Leave out pairs whose margin under the reference, in nats, is lower (too hard) "
            "or higher (too easy).",
        ),
    ] = None
    order: Annotated[
        Literal["random", "easy-first"],
        option(help="Order of the rows; easy-first: by falling margin under the reference."),
    ] = "random"
    pair_scores: Annotated[
        Path | None,
        option(
            metavar="FILE",
            help="JSONL of every pair's margin under the reference, CHES score and similarity.",
        ),
    ] = None
    lora_rank: Annotated[int, option(help="Rank of adapters; 0 trains all weights.")] = 0
    lora_alpha: Annotated[int, option(help="Scale of adapters.")] = 16
    lora_targets: Annotated[
        list[str] | None,
        option(
            "--lora-target",
            metavar="NAME",
            help="Layer that gets an adapter; repeatable. [default: all linear layers]",
        ),
    ] = None
    merge: Annotated[bool, option("--merge", help="Write adapters into the weights.")] = False
    learning_rate: Annotated[float, option("--learning-rate", "--lr", help="Peak rate.")] = 1e-6
    schedule: Annotated[
        Literal["cosine", "linear", "constant"],
        option(help="How the rate falls."),
    ] = "cosine"
    warmup: Annotated[float, option(help="Share of the steps in which it rises.")] = 0.1
    weight_decay: Annotated[float, option(help="AdamW's.")] = 0.0
    max_grad_norm: Annotated[float, option(help="Longer gradients are cut to it.")] = 1.0
    epochs: Annotated[float, option(help="Passes over the pairs.")] = 1.0
    max_steps: Annotated[int | None, option(help="Stop after so many steps.")] = None
    batch_size: Annotated[
        int,
        option(help="Rows in a forward pass of a process, with all their rejected answers."),
    ] = 4
    accumulate: Annotated[int, option(help="Forward passes in a step.")] = 1
    seed: Annotated[int, option(env="SEAPO_SEED", help="Seed of order and adapters.")] = 0
    dtype: Annotated[
        Literal["bf16", "fp32"] | None,
        option(help="[default: bf16 on a GPU, fp32 elsewhere]"),
    ] = None
    gradient_checkpointing: Annotated[
        bool,
        option("--gradient-checkpointing", help="Less memory, a third more time."),
    ] = False
    share_prefix: Annotated[
        bool,
        option(help="Compute what both sides share once."),
    ] = True
    procs: Annotated[int, option(help="Processes on this node; one for each GPU.")] = 1
    nodes: Annotated[int, option(help="Nodes; start the same command on each.")] = 1
    rendezvous: Annotated[
        str | None,
        option(metavar="HOST:PORT", help="Where the nodes meet."),
    ] = None
    sharding: Annotated[
        Literal["ddp", "fsdp"],
        option(help="Whole model in each process, or shards of it."),
    ] = "ddp"
    save_steps: Annotated[
        int | None,
        option(help="Steps between checkpoints, instead of --save-minutes."),
    ] = None
    save_minutes: Annotated[float, option(help="Minutes between checkpoints.")] = 30.0
    keep: Annotated[int, option(help="Checkpoints kept.")] = 2
    eval_steps: Annotated[
        int | None,
        option(help="Steps between evaluations. [default: start and end]"),
    ] = None
    patience: Annotated[
        int | None,
        option(help="Evaluations without a better loss to stop at."),
    ] = None
    report_to: Annotated[
        list[str] | None,
        option(metavar="NAME", help="tensorboard, wandb or trackio; repeatable."),
    ] = None
    reference_cache: Annotated[
        Path | None,
        option(
            env="SEAPO_REFERENCE_CACHE",
            metavar="DIR",
            help="Where reference log-probabilities are kept. [default: the user's cache folder]",
        ),
    ] = None


@expanded
def train(
    context: typer.Context,
    output_dir: Annotated[
        Path, option("--output-dir", "-o", metavar="DIR", help="Where model and metrics go.")
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="JSONL of pairs; - is stdin.", show_default=False),
    ] = None,
    paper: Annotated[
        bool, option("--paper", help="The published settings of SeaPO, where not said otherwise.")
    ] = False,
    *,
    options: TrainOptions,
) -> None:
    """Train a model on pairs: any format of `seapo pair`, and rows of `seapo inject`.

    seapo train pairs.jsonl --output-dir out --eval-split 0.1
    """
    names = files or ["-"]
    for name in names:
        need_input(context, name)
    from seapo_cli.settings import default_store_path
    from seapo_cli.training.settings import PAPER, TrainSettings

    values = asdict(options)
    for name in ("lora_targets", "report_to"):
        values[name] = tuple(values[name] or ())
    values["model"] = _model(options.model)
    if options.reference_cache is None:
        values["reference_cache"] = default_store_path().parent / "reference"
    if paper:
        values |= {name: value for name, value in PAPER.items() if not _given(context, name)}
    settings = TrainSettings.checked(
        **values,
        output_dir=output_dir,
        files=tuple(output_dir / "pairs.jsonl" if n == "-" else n for n in names),
    )
    _refuse_equal(settings, names)
    _need_extra(settings.model)
    _start(settings, keep_stdin="-" in names)


def _refuse_equal(settings: Any, names: list[str]) -> None:
    """Check that training writes over nothing that it reads, and over nobody's files.

    Raises:
        UsageError: it would.
    """
    from seapo_cli.io.same_files import reads, refuse_equal, writes
    from seapo_cli.training.settings import WRITTEN

    folder: Path = settings.output_dir
    own = [*WRITTEN, *(["pairs.jsonl"] if "-" in names else [])]
    there = [name for name in own if (folder / name).exists()]
    if there and not (folder / SETTINGS_FILE).exists():
        raise UsageError(
            f"--output-dir: {folder} has a {there[0]} that seapo train did not write: take another"
        )
    written = [place for name in own for place in writes("--output-dir", folder / name)]
    written += writes("--pair-scores", settings.pair_scores)
    read = [*reads("", names), *reads("--model", [settings.model])]
    read += reads("--eval-file", [settings.eval_file] if settings.eval_file else [])
    read += reads("--chat-template", [settings.chat_template] if settings.chat_template else [])
    refuse_equal(read, [*written, *writes("stdout", "-")])


def _given(context: typer.Context, name: str) -> bool:
    """Whether the user set an option: by a flag, in the environment or in the settings file."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _model(name: str | None) -> str:
    from seapo_cli.backends.models import find_model

    if name is None or name.endswith(".gguf"):
        return str(find_model(name))
    return name


def _need_extra(model: str) -> None:
    gguf = ("gguf",) if model.endswith(".gguf") else ()
    need("training", "train", "torch", "transformers", "peft", *gguf)


def _start(settings: Any, keep_stdin: bool) -> None:
    """Write the settings into the output folder and become the training program."""
    import os
    import shutil
    import sys

    from seapo_cli.io.whole_files import whole_file, write_whole

    folder: Path = settings.output_dir
    file = folder / SETTINGS_FILE
    try:
        text = settings.model_dump_json(indent=2)
    except ValueError:
        raise UsageError("train: a file's name is not UTF-8: give it another") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if keep_stdin:
            # Several processes read it, and a run that goes on reads it again.
            with whole_file(folder / "pairs.jsonl") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
    except OSError as error:
        raise UsageError(f"--output-dir: {folder}: {error.strerror}") from None
    write_whole(file, text.encode() + b"\n")
    command = [sys.executable, "-m", "seapo_cli.training", str(file)]
    os.execv(sys.executable, command)
