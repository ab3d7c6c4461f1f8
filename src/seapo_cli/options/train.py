"""Options of `seapo train`, which the training program reads as well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options.loss import LossSettings
from seapo_cli.options.model import default_store_path, is_name
from seapo_cli.options.option import Settings, argument, opt
from seapo_cli.options.rows import Seeded

PAPER: dict[str, Any] = {
    "loss": "kto",
    "beta": 0.1,
    "lora_rank": 8,
    "lora_alpha": 16,
    "learning_rate": 5e-6,
    "schedule": "cosine",
    "warmup": 0.0,
    "epochs": 3.0,
    "batch_size": 2,
    "accumulate": 8,
    "max_length": 2048,
    "max_grad_norm": 1.0,
}
"""The published training of SeaPO (arXiv 2509.24781 and its code)."""


class TrainInputs(Settings):
    """Command-line options besides the settings of the training program."""

    files: Annotated[tuple[str, ...], "JSONL of pairs; - is stdin."] = argument(
        ("-",), metavar="FILE..."
    )
    paper: Annotated[bool, "Use the published settings of SeaPO as defaults."] = opt(
        False, harmless=True, defaults=PAPER
    )


class _Difficulty(Settings, group="Difficulty"):
    margin_window: Annotated[
        tuple[float, float] | None,
        "Leave out pairs whose margin under the reference, in nats, is lower (too hard) or "
        "higher (too easy).",
    ] = opt(None, metavar="LOW HIGH")
    order: Annotated[
        Literal["random", "easy-first"],
        "Order of the rows; easy-first: by falling margin under the reference.",
    ] = opt("random", harmless=True)
    pair_scores: Annotated[
        Path | None, "JSONL of every pair's margin under the reference, CHES score and similarity."
    ] = opt(None, metavar="FILE", written=True)


class _Adapters(Settings, group="Adapters"):
    lora_rank: Annotated[int, "Rank of adapters; 0 trains all weights."] = opt(
        0, harmless=True, ge=0
    )
    lora_alpha: Annotated[int, "Scaling factor (alpha) of adapters."] = opt(16, harmless=True, gt=0)
    lora_targets: Annotated[
        tuple[str, ...], "Layer that gets an adapter; repeatable. [default: all linear layers]"
    ] = opt((), "--lora-target", metavar="NAME", harmless=True)
    dora: Annotated[
        bool, "DoRA: adapters of direction, and the size of each output trained on its own."
    ] = opt(False, harmless=True)
    rslora: Annotated[bool, "rsLoRA: scale by alpha over the root of the rank."] = opt(
        False, harmless=True
    )
    qlora: Annotated[
        bool, "QLoRA: the model's own weights in 4 bits; needs a GPU and bitsandbytes."
    ] = opt(False, harmless=True)
    merge: Annotated[bool, "Merge adapters into the weights."] = opt(False, harmless=True)


class _Optimizer(Settings, group="Optimizer"):
    optimizer: Annotated[
        Literal["adamw", "adamw8bit"],
        "adamw8bit: its state takes 2 bytes a weight instead of 8; needs bitsandbytes.",
    ] = opt("adamw", harmless=True)
    learning_rate: Annotated[float, "Peak rate."] = opt(
        1e-6, "--learning-rate", "--lr", harmless=True, gt=0
    )
    schedule: Annotated[
        Literal["cosine", "linear", "constant"], "How the learning rate decays."
    ] = opt("cosine", harmless=True)
    warmup: Annotated[float, "Share of the steps used for warm-up."] = opt(
        0.1, harmless=True, ge=0, lt=1
    )
    weight_decay: Annotated[float, "AdamW's."] = opt(0.0, harmless=True, ge=0)
    max_grad_norm: Annotated[float, "Gradient norms above this are clipped."] = opt(
        1.0, harmless=True, gt=0
    )
    epochs: Annotated[float, "Passes over the pairs."] = opt(1.0, harmless=True, gt=0)
    max_steps: Annotated[int | None, "Stop after this many steps."] = opt(None, harmless=True, ge=1)
    batch_size: Annotated[
        int, "Rows per forward pass and process, each with all its rejected answers."
    ] = opt(4, harmless=True, ge=1)
    accumulate: Annotated[int, "Forward passes per step."] = opt(1, harmless=True, ge=1)


class _Checkpoints(Settings, group="Checkpoints and evaluation"):
    eval_file: Annotated[Path | None, "JSONL of held-out pairs."] = opt(None, metavar="FILE")
    eval_split: Annotated[float, "Share of the prompts to hold out, instead of --eval-file."] = opt(
        0.0, harmless=True, ge=0, lt=1
    )
    save_steps: Annotated[int | None, "Steps between checkpoints, instead of --save-minutes."] = (
        opt(None, harmless=True, ge=1)
    )
    save_minutes: Annotated[float, "Minutes between checkpoints."] = opt(30.0, harmless=True, gt=0)
    keep: Annotated[int, "Checkpoints kept."] = opt(2, harmless=True, ge=1)
    eval_steps: Annotated[int | None, "Steps between evaluations. [default: start and end]"] = opt(
        None, ge=1
    )
    patience: Annotated[int | None, "Stop after this many evaluations without a better loss."] = (
        opt(None, harmless=True, ge=1)
    )
    report_to: Annotated[
        tuple[Literal["tensorboard", "wandb", "trackio"], ...],
        "tensorboard, wandb or trackio; repeatable.",
    ] = opt((), typed=list[str], metavar="NAME")
    reference_cache: Annotated[
        Path, "Where reference log-probabilities are kept. [default: the user's cache folder]"
    ] = opt(
        lambda: default_store_path().parent / "reference",
        env="SEAPO_REFERENCE_CACHE",
        metavar="DIR",
    )


class _Speed(Settings, group="Speed and memory"):
    dtype: Annotated[
        Literal["auto", "bf16", "fp32"],
        "What is computed in; auto: bf16 where the GPU or CPU is faster with it.",
    ] = opt("auto")
    gradient_checkpointing: Annotated[
        bool | None,
        "Use less memory for a third more time. [default: where a step would not fit otherwise]",
    ] = opt(None, harmless=True)
    share_prefix: Annotated[bool, "Compute what both sides share only once."] = opt(
        True, harmless=True
    )
    procs: Annotated[int, "Processes on this node; one for each GPU."] = opt(1, ge=1)
    nodes: Annotated[int, "Nodes; start the same command on each."] = opt(1, ge=1)
    rendezvous: Annotated[str | None, "Where the nodes connect."] = opt(None, metavar="HOST:PORT")
    sharding: Annotated[Literal["ddp", "fsdp"], "Whole model in each process, or shards of it."] = (
        opt("ddp")
    )


class TokenSettings(Settings):
    """How pairs become tokens."""

    model: Annotated[
        str,
        "Folder or hub name for transformers, or a GGUF file. [default: the packaged "
        "SmolLM2-135M-Instruct]",
    ] = opt("", "--model", "-m", env="SEAPO_TRAIN_MODEL", metavar="NAME", harmless=is_name)
    chat_template: Annotated[Path | None, "Jinja chat template, for models without one."] = opt(
        None, metavar="FILE"
    )
    max_length: Annotated[int, "Maximum number of tokens of prompt and answer together."] = opt(
        2048, harmless=True, ge=8
    )


class TrainSettings(
    TokenSettings, LossSettings, _Difficulty, _Adapters, _Optimizer, _Checkpoints, _Speed, Seeded
):
    """One run of `seapo train`."""

    files: tuple[Path, ...] = ()
    """Of pairs."""
    output_dir: Annotated[Path, "Folder for the model and metrics."] = opt(
        ..., "--output-dir", "-o", metavar="DIR", written=True
    )
    gguf: Annotated[
        Literal["f32", "f16", "bf16", "q8_0"] | None,
        "Also write model.gguf in this precision, with llama.cpp's converter.",
    ] = opt(None)
    too_long: Annotated[
        Literal["truncate", "drop"], "Cut the end of longer answers, or drop the pair."
    ] = opt("truncate", harmless=True)

    @property
    def asks_reference(self) -> bool:
        """Whether anything but the loss needs the reference's log-probabilities."""
        return bool(self.margin_window or self.pair_scores or self.order == "easy-first")

    @property
    def merges(self) -> bool:
        """Whether a whole model is written: adapters of a GGUF file could not be loaded onto it."""
        return self.merge or not self.lora_rank or self.is_gguf

    @property
    def is_gguf(self) -> bool:
        """Whether the model is a GGUF file, as the packaged one is."""
        return not self.model or self.model.endswith(".gguf")

    @property
    def evaluates(self) -> bool:
        """Whether there are any held-out pairs."""
        return self.eval_file is not None or self.eval_split > 0

    def check(self) -> None:
        super().check()
        if self.eval_file is not None and self.eval_split:
            raise UsageError("--eval-file and --eval-split are mutually exclusive: use one")
        if (self.patience or self.eval_steps) and not self.evaluates:
            raise UsageError("evaluation needs pairs: give --eval-file or --eval-split")
        if self.patience and not self.eval_steps:
            raise UsageError("--patience needs --eval-steps")
        if self.margin_window and self.margin_window[0] >= self.margin_window[1]:
            raise UsageError("--margin-window LOW HIGH: LOW must be below HIGH")
        self._check_adapters()
        if self.optimizer == "adamw8bit" and self.sharding == "fsdp":
            raise UsageError("--optimizer adamw8bit: its state is not sharded: use --sharding ddp")
        if self.nodes > 1 and not self.rendezvous:
            raise UsageError("--nodes needs --rendezvous HOST:PORT, the same on every node")

    def _check_adapters(self) -> None:
        for name in ("dora", "rslora", "qlora", "merge"):
            if getattr(self, name) and not self.lora_rank:
                raise UsageError(f"--{name} needs --lora-rank")
        if self.qlora and self.is_gguf:
            raise UsageError("--qlora needs a checkpoint in the format of transformers: --model")
        if self.qlora and self.sharding == "fsdp":
            raise UsageError("--qlora: weights of 4 bits are not sharded: use --sharding ddp")
        if self.gguf and not self.merges:
            raise UsageError("--gguf needs --merge: adapters alone are not a model")
