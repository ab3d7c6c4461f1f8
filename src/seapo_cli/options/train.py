"""Options of `seapo train`, which the training program reads as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options.loss import LossSettings
from seapo_cli.options.model import default_store_path, model_option
from seapo_cli.options.option import Settings, argument, opt
from seapo_cli.options.rows import Seeded

_DIFFICULTY = "Difficulty"
_ADAPTERS = "Adapters"
_OPTIMIZER = "Optimizer"
_CHECKPOINTS = "Checkpoints and evaluation"
_SPEED = "Speed and memory"

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
    """What the command line takes besides the settings of the training program."""

    files: tuple[str, ...] = argument(
        default=("-",), metavar="FILE...", help="JSONL of pairs; - is stdin."
    )
    paper: bool = opt(
        default=False,
        harmless=True,
        defaults=PAPER,
        help="The published settings of SeaPO, where not said otherwise.",
    )


class _Difficulty(Settings):
    margin_window: tuple[float, float] | None = opt(
        default=None,
        metavar="LOW HIGH",
        group=_DIFFICULTY,
        help="Leave out pairs whose margin under the reference, in nats, is lower (too hard) "
        "or higher (too easy).",
    )
    order: Literal["random", "easy-first"] = opt(
        default="random",
        group=_DIFFICULTY,
        harmless=True,
        help="Order of the rows; easy-first: by falling margin under the reference.",
    )
    pair_scores: Path | None = opt(
        default=None,
        metavar="FILE",
        group=_DIFFICULTY,
        help="JSONL of every pair's margin under the reference, CHES score and similarity.",
    )


class _Adapters(Settings):
    lora_rank: int = opt(
        default=0,
        group=_ADAPTERS,
        harmless=True,
        ge=0,
        help="Rank of adapters; 0 trains all weights.",
    )
    lora_alpha: int = opt(
        default=16, group=_ADAPTERS, harmless=True, gt=0, help="Scale of adapters."
    )
    lora_targets: tuple[str, ...] = opt(
        "--lora-target",
        default=(),
        metavar="NAME",
        group=_ADAPTERS,
        harmless=True,
        help="Layer that gets an adapter; repeatable. [default: all linear layers]",
    )
    merge: bool = opt(
        default=False, group=_ADAPTERS, harmless=True, help="Write adapters into the weights."
    )


class _Optimizer(Settings):
    learning_rate: float = opt(
        "--learning-rate",
        "--lr",
        default=1e-6,
        group=_OPTIMIZER,
        harmless=True,
        gt=0,
        help="Peak rate.",
    )
    schedule: Literal["cosine", "linear", "constant"] = opt(
        default="cosine", group=_OPTIMIZER, harmless=True, help="How the rate falls."
    )
    warmup: float = opt(
        default=0.1,
        group=_OPTIMIZER,
        harmless=True,
        ge=0,
        lt=1,
        help="Share of the steps in which it rises.",
    )
    weight_decay: float = opt(default=0.0, group=_OPTIMIZER, harmless=True, ge=0, help="AdamW's.")
    max_grad_norm: float = opt(
        default=1.0, group=_OPTIMIZER, harmless=True, gt=0, help="Longer gradients are cut to it."
    )
    epochs: float = opt(
        default=1.0, group=_OPTIMIZER, harmless=True, gt=0, help="Passes over the pairs."
    )
    max_steps: int | None = opt(
        default=None, group=_OPTIMIZER, harmless=True, ge=1, help="Stop after so many steps."
    )
    batch_size: int = opt(
        default=4,
        group=_OPTIMIZER,
        harmless=True,
        ge=1,
        help="Rows in a forward pass of a process, with all their rejected answers.",
    )
    accumulate: int = opt(
        default=1, group=_OPTIMIZER, harmless=True, ge=1, help="Forward passes in a step."
    )


class _Checkpoints(Settings):
    eval_file: Path | None = opt(
        default=None, metavar="FILE", group=_CHECKPOINTS, help="JSONL of held-out pairs."
    )
    eval_split: float = opt(
        default=0.0,
        group=_CHECKPOINTS,
        harmless=True,
        ge=0,
        lt=1,
        help="Share of the prompts to hold out, instead of --eval-file.",
    )
    save_steps: int | None = opt(
        default=None,
        group=_CHECKPOINTS,
        harmless=True,
        ge=1,
        help="Steps between checkpoints, instead of --save-minutes.",
    )
    save_minutes: float = opt(
        default=30.0, group=_CHECKPOINTS, harmless=True, gt=0, help="Minutes between checkpoints."
    )
    keep: int = opt(default=2, group=_CHECKPOINTS, harmless=True, ge=1, help="Checkpoints kept.")
    eval_steps: int | None = opt(
        default=None,
        group=_CHECKPOINTS,
        ge=1,
        help="Steps between evaluations. [default: start and end]",
    )
    patience: int | None = opt(
        default=None,
        group=_CHECKPOINTS,
        harmless=True,
        ge=1,
        help="Evaluations without a better loss to stop at.",
    )
    report_to: tuple[Literal["tensorboard", "wandb", "trackio"], ...] = opt(
        default=(),
        typed=list[str],
        metavar="NAME",
        group=_CHECKPOINTS,
        help="tensorboard, wandb or trackio; repeatable.",
    )
    reference_cache: Path = opt(
        default_factory=lambda: default_store_path().parent / "reference",
        env="SEAPO_REFERENCE_CACHE",
        metavar="DIR",
        group=_CHECKPOINTS,
        help="Where reference log-probabilities are kept. [default: the user's cache folder]",
    )


class _Speed(Settings):
    dtype: Literal["bf16", "fp32"] | None = opt(
        default=None, group=_SPEED, help="[default: bf16 on a GPU, fp32 elsewhere]"
    )
    gradient_checkpointing: bool = opt(
        default=False, group=_SPEED, harmless=True, help="Less memory, a third more time."
    )
    share_prefix: bool = opt(
        default=True, group=_SPEED, harmless=True, help="Compute what both sides share once."
    )
    procs: int = opt(
        default=1, group=_SPEED, ge=1, help="Processes on this node; one for each GPU."
    )
    nodes: int = opt(default=1, group=_SPEED, ge=1, help="Nodes; start the same command on each.")
    rendezvous: str | None = opt(
        default=None, metavar="HOST:PORT", group=_SPEED, help="Where the nodes meet."
    )
    sharding: Literal["ddp", "fsdp"] = opt(
        default="ddp", group=_SPEED, help="Whole model in each process, or shards of it."
    )


class TrainSettings(LossSettings, _Difficulty, _Adapters, _Optimizer, _Checkpoints, _Speed, Seeded):
    """One run of `seapo train`."""

    files: tuple[Path, ...] = ()
    """Of pairs."""
    output_dir: Path = opt("--output-dir", "-o", metavar="DIR", help="Where model and metrics go.")
    model: str = model_option(
        default="",
        env="SEAPO_TRAIN_MODEL",
        help="Folder or hub name for transformers, or a GGUF file. "
        "[default: the packaged SmolLM2-135M-Instruct]",
    )
    chat_template: Path | None = opt(
        default=None, metavar="FILE", help="Jinja chat template, for models without one."
    )
    max_length: int = opt(
        default=2048, harmless=True, ge=8, help="Tokens of prompt and answer together."
    )
    too_long: Literal["truncate", "drop"] = opt(
        default="truncate",
        harmless=True,
        help="Cut the end of longer answers, or drop the pair.",
    )

    @property
    def asks_reference(self) -> bool:
        """Whether something but the loss needs to know what the reference makes of the pairs."""
        return bool(self.margin_window or self.pair_scores or self.order == "easy-first")

    @property
    def evaluates(self) -> bool:
        """Whether there are held-out pairs."""
        return self.eval_file is not None or self.eval_split > 0

    def check(self) -> None:
        super().check()
        if self.eval_file is not None and self.eval_split:
            raise UsageError("--eval-file and --eval-split exclude each other: take one")
        if (self.patience or self.eval_steps) and not self.evaluates:
            raise UsageError("evaluation needs pairs: give --eval-file or --eval-split")
        if self.patience and not self.eval_steps:
            raise UsageError("--patience needs --eval-steps")
        if self.margin_window and self.margin_window[0] >= self.margin_window[1]:
            raise UsageError("--margin-window LOW HIGH: LOW must be under HIGH")
        if self.merge and not self.lora_rank:
            raise UsageError("--merge needs --lora-rank")
        if self.nodes > 1 and not self.rendezvous:
            raise UsageError("--nodes needs --rendezvous HOST:PORT, the same on every node")
