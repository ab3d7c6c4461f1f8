"""Options of the loss that `seapo train` minimises."""

from __future__ import annotations

from typing import Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options.option import Settings, opt

_LOSS = "Loss"


class LossSettings(Settings):
    """What is minimised."""

    loss: Literal["sigmoid", "cdpo", "robust", "hinge", "ipo", "simpo", "orpo", "kto"] = opt(
        default="sigmoid", help="What is minimised; sigmoid is DPO."
    )
    beta: float = opt(
        default=0.1,
        group=_LOSS,
        harmless=True,
        gt=0,
        help="Strength of the pull to the reference; ORPO's lambda; IPO's tau.",
    )
    label_smoothing: float = opt(
        default=0.0,
        group=_LOSS,
        harmless=True,
        ge=0,
        lt=0.5,
        help="cdpo, robust: share of pairs the wrong way round.",
    )
    simpo_gamma: float = opt(
        default=0.5, group=_LOSS, harmless=True, ge=0, help="simpo: target reward margin."
    )
    dpop: float = opt(
        default=0.0,
        group=_LOSS,
        harmless=True,
        ge=0,
        help="Weight of the penalty on chosen getting less likely.",
    )
    sft: float = opt(
        default=0.0,
        group=_LOSS,
        harmless=True,
        ge=0,
        help="Weight of chosen's own likelihood (RPO).",
    )
    group_loss: Literal["pairs", "listwise", "best"] = opt(
        default="pairs",
        group=_LOSS,
        help="Several rejected answers of a row: each as a pair; listwise: chosen first of all "
        "(Plackett-Luce); best: chosen against their mean.",
    )
    span_weight: float = opt(
        default=1.0, group=_LOSS, gt=0, help="What a changed token counts in the loss, others 1."
    )
    span_tail: int = opt(
        default=0,
        group=_LOSS,
        ge=0,
        help="Tokens after a changed span over which its weight falls off.",
    )
    span_only: bool = opt(
        default=False, group=_LOSS, help="Only changed tokens and their tail count."
    )
    row_margins: bool = opt(
        default=False,
        group=_LOSS,
        harmless=True,
        help="Ask chosen's reward to lead by the row's `margin`.",
    )

    @property
    def weighs_spans(self) -> bool:
        """Whether tokens count differently."""
        return self.span_only or self.span_weight != 1

    def check(self) -> None:
        smooth = self.loss in ("cdpo", "robust")
        if smooth and not self.label_smoothing:
            raise UsageError(f"--loss {self.loss} needs --label-smoothing over 0, such as 0.1")
        if self.label_smoothing and not smooth:
            raise UsageError("--label-smoothing belongs to --loss cdpo or robust")
        if self.dpop and self.loss in ("simpo", "orpo", "kto"):
            raise UsageError(
                f"--dpop does not go with --loss {self.loss}: it compares pairs with "
                "a reference; take sigmoid, cdpo, robust, hinge or ipo"
            )
        if self.row_margins and self.loss == "kto":
            raise UsageError("--row-margins does not go with --loss kto: it judges single answers")
        if self.group_loss == "listwise" and self.loss not in ("sigmoid", "simpo"):
            raise UsageError("--group-loss listwise goes with --loss sigmoid or simpo")
        if self.group_loss == "best" and self.loss in ("orpo", "kto"):
            raise UsageError(
                f"--group-loss best does not go with --loss {self.loss}: it needs chosen's lead; "
                "take sigmoid, cdpo, robust, hinge, ipo or simpo"
            )
        if self.span_tail and not self.weighs_spans:
            raise UsageError("--span-tail needs --span-weight other than 1, or --span-only")
        if self.sft and self.loss in ("orpo", "kto"):
            raise UsageError("--sft does not go with --loss orpo (it has such a term) or kto")
