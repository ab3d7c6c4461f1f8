"""Options of the loss that `seapo train` minimizes."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options.option import Settings, opt


class LossSettings(Settings, group="Loss"):
    """The loss to minimize."""

    loss: Annotated[
        Literal["sigmoid", "cdpo", "robust", "hinge", "ipo", "simpo", "orpo", "kto"],
        "Loss to minimize; sigmoid is DPO.",
    ] = opt("sigmoid", group="")
    beta: Annotated[
        float, "Strength of the pull toward the reference; ORPO's lambda; IPO's tau."
    ] = opt(0.1, harmless=True, gt=0)
    label_smoothing: Annotated[float, "cdpo, robust: assumed share of mislabeled pairs."] = opt(
        0.0, harmless=True, ge=0, lt=0.5
    )
    simpo_gamma: Annotated[float, "simpo: target reward margin."] = opt(0.5, harmless=True, ge=0)
    dpop: Annotated[float, "Weight of the penalty when chosen becomes less likely."] = opt(
        0.0, harmless=True, ge=0
    )
    sft: Annotated[float, "Weight of the likelihood of chosen (RPO)."] = opt(
        0.0, harmless=True, ge=0
    )
    group_loss: Annotated[
        Literal["pairs", "listwise", "best"],
        "Several rejected answers in a row: pairs: each as a pair; listwise: chosen above all "
        "(Plackett-Luce); best: chosen against their mean.",
    ] = opt("pairs")
    span_weight: Annotated[float, "Weight of a changed token in the loss; others have 1."] = opt(
        1.0, gt=0
    )
    span_tail: Annotated[
        int, "Number of tokens after a changed span over which its weight decays."
    ] = opt(0, ge=0)
    span_only: Annotated[bool, "Count only changed tokens and their tail."] = opt(False)
    row_margins: Annotated[bool, "Require the reward of chosen to lead by the row's `margin`."] = (
        opt(False, harmless=True)
    )

    @property
    def weighs_spans(self) -> bool:
        """Whether tokens have different weights."""
        return self.span_only or self.span_weight != 1

    def check(self) -> None:
        smooth = self.loss in ("cdpo", "robust")
        if smooth and not self.label_smoothing:
            raise UsageError(f"--loss {self.loss} needs --label-smoothing above 0, such as 0.1")
        if self.label_smoothing and not smooth:
            raise UsageError("--label-smoothing needs --loss cdpo or robust")
        if self.dpop and self.loss in ("simpo", "orpo", "kto"):
            raise UsageError(
                f"--dpop does not work with --loss {self.loss}: it compares pairs with "
                "a reference; use sigmoid, cdpo, robust, hinge or ipo"
            )
        if self.row_margins and self.loss == "kto":
            raise UsageError(
                "--row-margins does not work with --loss kto, which judges single answers"
            )
        if self.group_loss == "listwise" and self.loss not in ("sigmoid", "simpo"):
            raise UsageError("--group-loss listwise needs --loss sigmoid or simpo")
        if self.group_loss == "best" and self.loss in ("orpo", "kto"):
            raise UsageError(
                f"--group-loss best does not work with --loss {self.loss}: it needs a margin; "
                "use sigmoid, cdpo, robust, hinge, ipo or simpo"
            )
        if self.span_tail and not self.weighs_spans:
            raise UsageError("--span-tail needs --span-only, or a --span-weight other than 1")
        if self.sft and self.loss in ("orpo", "kto"):
            raise UsageError(
                "--sft does not work with --loss orpo (which already has such a term) or kto"
            )
