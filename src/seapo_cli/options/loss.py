"""Options of the loss that `seapo train` minimises."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options.option import Settings, opt


class LossSettings(Settings, group="Loss"):
    """What is minimised."""

    loss: Annotated[
        Literal["sigmoid", "cdpo", "robust", "hinge", "ipo", "simpo", "orpo", "kto"],
        "What is minimised; sigmoid is DPO.",
    ] = opt("sigmoid", group="")
    beta: Annotated[float, "Strength of the pull to the reference; ORPO's lambda; IPO's tau."] = (
        opt(0.1, harmless=True, gt=0)
    )
    label_smoothing: Annotated[float, "cdpo, robust: share of pairs the wrong way round."] = opt(
        0.0, harmless=True, ge=0, lt=0.5
    )
    simpo_gamma: Annotated[float, "simpo: target reward margin."] = opt(0.5, harmless=True, ge=0)
    dpop: Annotated[float, "Weight of the penalty on chosen getting less likely."] = opt(
        0.0, harmless=True, ge=0
    )
    sft: Annotated[float, "Weight of chosen's own likelihood (RPO)."] = opt(
        0.0, harmless=True, ge=0
    )
    group_loss: Annotated[
        Literal["pairs", "listwise", "best"],
        "Several rejected answers of a row: each as a pair; listwise: chosen first of all "
        "(Plackett-Luce); best: chosen against their mean.",
    ] = opt("pairs")
    span_weight: Annotated[float, "What a changed token counts in the loss, others 1."] = opt(
        1.0, gt=0
    )
    span_tail: Annotated[int, "Tokens after a changed span over which its weight falls off."] = opt(
        0, ge=0
    )
    span_only: Annotated[bool, "Only changed tokens and their tail count."] = opt(False)
    row_margins: Annotated[bool, "Ask chosen's reward to lead by the row's `margin`."] = opt(
        False, harmless=True
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
