"""Settings of a training run, validated without torch; the command line and files end here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, model_validator

from seapo_cli.settings import Seed, Settings

LossName = Literal["sigmoid", "cdpo", "robust", "hinge", "ipo", "simpo", "orpo", "kto"]
Tracker = Literal["tensorboard", "wandb", "trackio"]
LOSS_NAMES: tuple[str, ...] = get_args(LossName)

WRITTEN = (
    *("train_settings.json", "metrics.jsonl", "errors.jsonl", "displaced.jsonl", "README.md"),
    *("config.json", "generation_config.json", "adapter_config.json", "model.safetensors"),
    *("adapter_model.safetensors", "tokenizer.json", "tokenizer_config.json"),
)
"""Files of the output folder: those that somebody else may have there too."""

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
"""What `--paper` sets: the published training of SeaPO (arXiv 2509.24781 and its code)."""


class LossSettings(Settings):
    """What is minimised."""

    loss: LossName = "sigmoid"
    beta: float = Field(default=0.1, gt=0)
    """Strength of the pull to the reference; ORPO's lambda; IPO's tau."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    """Share of pairs taken to be the wrong way round, for `cdpo` and `robust`."""
    simpo_gamma: float = Field(default=0.5, ge=0)
    """SimPO's target reward margin."""
    dpop: float = Field(default=0.0, ge=0)
    """Weight of the penalty on a falling log-probability of chosen (DPOP's lambda)."""
    sft: float = Field(default=0.0, ge=0)
    """Weight of chosen's own negative log-likelihood per token (RPO's alpha)."""

    group_loss: Literal["pairs", "listwise", "best"] = "pairs"
    """How several rejected answers of a row count: each as a pair, all at once, or their mean."""
    span_weight: float = Field(default=1.0, gt=0)
    """What a changed token counts."""
    span_tail: int = Field(default=0, ge=0)
    """Tokens after a changed span over which their weight falls to that of the others."""
    span_only: bool = False
    """Whether only changed tokens count, and their tail."""

    row_margins: bool = False
    """Whether chosen's reward must lead by the row's `margin`, where it has one."""

    @property
    def weighs_spans(self) -> bool:
        """Whether tokens count differently."""
        return self.span_only or self.span_weight != 1

    @model_validator(mode="after")
    def _fits_the_loss(self) -> Self:
        smooth = self.loss in ("cdpo", "robust")
        if smooth and not self.label_smoothing:
            raise ValueError(f"--loss {self.loss} needs --label-smoothing over 0, such as 0.1")
        if self.label_smoothing and not smooth:
            raise ValueError("--label-smoothing belongs to --loss cdpo or robust")
        if self.dpop and self.loss in ("simpo", "orpo", "kto"):
            raise ValueError(
                f"--dpop does not go with --loss {self.loss}: it compares pairs with "
                "a reference; take sigmoid, cdpo, robust, hinge or ipo"
            )
        if self.row_margins and self.loss == "kto":
            raise ValueError("--row-margins does not go with --loss kto: it judges single answers")
        if self.group_loss == "listwise" and self.loss not in ("sigmoid", "simpo"):
            raise ValueError("--group-loss listwise goes with --loss sigmoid or simpo")
        if self.group_loss == "best" and self.loss in ("orpo", "kto"):
            raise ValueError(
                f"--group-loss best does not go with --loss {self.loss}: it needs chosen's lead; "
                "take sigmoid, cdpo, robust, hinge, ipo or simpo"
            )
        if self.span_tail and not self.weighs_spans:
            raise ValueError("--span-tail needs --span-weight other than 1, or --span-only")
        if self.sft and self.loss in ("orpo", "kto"):
            raise ValueError("--sft does not go with --loss orpo (it has such a term) or kto")
        return self


class TrainSettings(LossSettings):
    """One run of `seapo train`."""

    files: tuple[Path, ...] = Field(min_length=1)
    output_dir: Path
    model: str
    """A folder or hub name in the format of transformers, or a GGUF file."""
    chat_template: Path | None = None
    eval_file: Path | None = None
    eval_split: float = Field(default=0.0, ge=0, lt=1)
    """Share of the prompts held out for evaluation."""
    max_length: int = Field(default=2048, ge=8)
    """Tokens of prompt and answer together."""
    too_long: Literal["truncate", "drop"] = "truncate"

    margin_window: tuple[float, float] | None = None
    """Lowest and highest reference margin, in nats, of pairs that are trained on."""
    order: Literal["random", "easy-first"] = "random"
    pair_scores: Path | None = None

    lora_rank: int = Field(default=0, ge=0)
    """0 trains all weights."""
    lora_alpha: int = Field(default=16, gt=0)
    lora_targets: tuple[str, ...] = ()
    """Names of the layers that get adapters; none means all linear ones."""
    merge: bool = False

    learning_rate: float = Field(default=1e-6, gt=0)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    epochs: float = Field(default=1.0, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    batch_size: int = Field(default=4, ge=1)
    """Rows in one forward pass of one process, each with all its rejected answers."""
    accumulate: int = Field(default=1, ge=1)
    """Forward passes in one step of the optimizer."""
    seed: Seed = 0

    dtype: Literal["bf16", "fp32"] | None = None
    """None takes bf16 on an accelerator that has it, else fp32."""
    gradient_checkpointing: bool = False
    share_prefix: bool = True
    procs: int = Field(default=1, ge=1)
    nodes: int = Field(default=1, ge=1)
    rendezvous: str | None = None
    """HOST:PORT where the nodes meet."""
    sharding: Literal["ddp", "fsdp"] = "ddp"

    save_steps: int | None = Field(default=None, ge=1)
    save_minutes: float = Field(default=30.0, gt=0)
    keep: int = Field(default=2, ge=1)
    eval_steps: int | None = Field(default=None, ge=1)
    """None evaluates at the start and the end only."""
    patience: int | None = Field(default=None, ge=1)
    """Evaluations without a better loss after which training stops."""
    report_to: tuple[Tracker, ...] = ()
    reference_cache: Path

    @property
    def asks_reference(self) -> bool:
        """Whether something but the loss needs to know what the reference makes of the pairs."""
        return bool(self.margin_window or self.pair_scores or self.order == "easy-first")

    @property
    def evaluates(self) -> bool:
        """Whether there are held-out pairs."""
        return self.eval_file is not None or self.eval_split > 0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.eval_file is not None and self.eval_split:
            raise ValueError("--eval-file and --eval-split exclude each other: take one")
        if (self.patience or self.eval_steps) and not self.evaluates:
            raise ValueError("evaluation needs pairs: give --eval-file or --eval-split")
        if self.patience and not self.eval_steps:
            raise ValueError("--patience needs --eval-steps")
        if self.margin_window and self.margin_window[0] >= self.margin_window[1]:
            raise ValueError("--margin-window LOW HIGH: LOW must be under HIGH")
        if self.merge and not self.lora_rank:
            raise ValueError("--merge needs --lora-rank")
        if self.nodes > 1 and not self.rendezvous:
            raise ValueError("--nodes needs --rendezvous HOST:PORT, the same on every node")
        return self
