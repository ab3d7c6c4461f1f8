"""Options of `seapo pair`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import PairedRowFiles, Seeded

_DEFAULT_FORMAT = "trl-chat"
_MORE = "More about pairs"


class PairSettings(Seeded):
    """Which pairs `pair` makes, and in which format."""

    format: Annotated[str, "The format of the trainer: {names}."] = opt(
        _DEFAULT_FORMAT,
        "--format",
        "-f",
        env="SEAPO_FORMAT",
        harmless=True,
        complete="seapo_cli.formats:FORMATS",
    )
    strategy: Annotated[
        Literal["random", "all", "hardest", "vanilla"],
        "Negatives of an answer: random: one type, drawn at random; all: every one; hardest: the "
        "closest one; vanilla: none, but the best answer to a prompt against its worst.",
    ] = opt("random", harmless=True)
    positive: Annotated[
        Literal["given", "score", "logprob", "judge"],
        "Good answers to a prompt: given: every one; or only the best, by a score, by its "
        "log-probability (`sample --logprobs`) or by a judge (the model).",
    ] = opt("given", harmless=True)
    mix: Annotated[dict[str, float], "Proportions of error types over all pairs."] = opt(
        dict, metavar="TYPE=WEIGHT,...", harmless=True, typed=str, parse=parse.weights
    )
    balance: Annotated[
        Literal["type", "length"] | None,
        "type: as many pairs of each as the scarcest allows; length: the shorter side is right "
        "in half of each type's pairs; the surplus is left out.",
    ] = opt(None, harmless=True)
    eval_split: Annotated[float, "Share of the prompts whose pairs go to --eval-output."] = opt(
        0.0, harmless=True, ge=0, lt=1
    )
    score_key: Annotated[str, "Key of an answer's score; dots reach into nested objects."] = opt(
        "score", metavar="KEY", group=_MORE, harmless=True
    )
    scores: Annotated[
        Literal["reward", "aspects"] | None,
        "Take both answers' scores from `filter --check reward` or `aspects`: as `margin` (trl, "
        "openrlhf, --group), or score_chosen and score_rejected (ultrafeedback).",
    ] = opt(None, group=_MORE, harmless=True)
    closeness: Annotated[
        Literal["similarity", "plausibility", "margin"],
        "What makes a negative hard: its similarity, `filter --check plausibility`, or a small "
        "margin of the --scores.",
    ] = opt("similarity", group=_MORE, harmless=True)
    order: Annotated[Literal["input", "easy-to-hard"], "Order of the pairs."] = opt(
        "input", group=_MORE, harmless=True
    )
    per_prompt: Annotated[int | None, "Maximum number of pairs per prompt."] = opt(
        None, group=_MORE, harmless=True, within=COUNT
    )
    max_pairs: Annotated[
        int | None, "Maximum number of pairs in all, besides those for evaluation."
    ] = opt(None, group=_MORE, harmless=True, within=COUNT)
    decontaminate: Annotated[
        tuple[Path, ...],
        "JSONL of an evaluation set; prompts that overlap it are dropped; repeatable.",
    ] = opt((), metavar="FILE", group=_MORE)
    group: Annotated[
        bool,
        "One row per answer, with a list of all its negatives, for `seapo train`; needs "
        "--strategy all.",
    ] = opt(False, group=_MORE)
    spans: Annotated[
        bool,
        "Add chosen_spans and rejected_spans: [start, end] in characters of each answer where "
        "they differ.",
    ] = opt(False, group=_MORE)
    provenance: Annotated[bool, "Keep id, error_type, sample, error and checks."] = opt(
        False, group=_MORE, harmless=True
    )

    def check(self) -> None:
        if self.mix and self.balance:
            raise UsageError("--mix and --balance are mutually exclusive: use one")
        parse.need_weights(self.mix)
        if self.group and self.format != _DEFAULT_FORMAT:
            raise UsageError("--group has a format of its own: omit --format")
        if self.group and self.strategy != "all":
            raise UsageError("--group needs --strategy all: otherwise an answer has one negative")
        if self.strategy == "vanilla":
            if self.positive == "given":
                raise UsageError(
                    "--strategy vanilla ranks answers: say how with --positive score, logprob "
                    "or judge"
                )
            if self.mix or self.balance:
                raise UsageError("--strategy vanilla has no error types for --mix or --balance")
            if self.closeness == "plausibility":
                raise UsageError(
                    "--closeness plausibility is known for negatives only, not for answers"
                )
            if self.scores:
                raise UsageError(
                    "--scores compare an answer with its negative: not with --strategy vanilla"
                )
        if self.closeness == "margin" and not self.scores:
            raise UsageError("--closeness margin needs --scores reward or --scores aspects")

    @property
    def ranks_by_plausibility(self) -> bool:
        """Whether every row needs a plausibility."""
        ranks = self.strategy == "hardest" or self.order == "easy-to-hard"
        return ranks and self.closeness == "plausibility"

    @property
    def selects(self) -> bool:
        """Whether the choice of a pair depends on all others."""
        return bool(self.mix or self.balance or self.max_pairs)


class PairFiles(PairedRowFiles):
    """What `pair` reads and writes."""

    eval_output: Annotated[str | None, "JSONL of pairs for evaluation."] = opt(
        None, metavar="FILE", is_path=True, written=True
    )
    dataset_info: Annotated[
        Path | None, "LLaMA-Factory's dataset_info.json, to which the output is added."
    ] = opt(None, metavar="FILE", group=_MORE, written=True)
