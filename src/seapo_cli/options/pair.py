"""Options of `seapo pair`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import PairedRowFiles, Seeded

_DEFAULT_FORMAT = "trl-chat"
_MORE = "More about pairs"


class PairSettings(Seeded):
    """Which pairs `pair` makes, and in which format."""

    format: str = opt(
        "--format",
        "-f",
        default=_DEFAULT_FORMAT,
        env="SEAPO_FORMAT",
        harmless=True,
        complete="seapo_cli.formats:FORMATS",
        help="trl, trl-chat, trl-kto, trl-kto-chat, llamafactory, llamafactory-sharegpt, "
        "llamafactory-kto, axolotl, openrlhf or ultrafeedback.",
    )
    strategy: Literal["random", "all", "hardest", "vanilla"] = opt(
        default="random",
        harmless=True,
        help="Negatives of an answer: random: one of the types, drawn; all of them; hardest: "
        "the closest one; vanilla: none, but the best answer of a prompt against its worst.",
    )
    positive: Literal["given", "score", "logprob", "judge"] = opt(
        default="given",
        harmless=True,
        help="Good answers of a prompt: given: every one; or only the best, by a score, by "
        "its log-probability (`sample --logprobs`) or by a judge (the model).",
    )
    mix: dict[str, float] = opt(
        default_factory=dict,
        metavar="TYPE=WEIGHT,...",
        harmless=True,
        typed=str,
        parse=parse.weights,
        help="Proportions of error types over all pairs.",
    )
    balance: Literal["type", "length"] | None = opt(
        default=None,
        harmless=True,
        help="type: as many pairs of each as the scarcest allows; length: the shorter side is "
        "right in half of each type's pairs; what is too much is left out.",
    )
    eval_split: float = opt(
        default=0.0,
        harmless=True,
        ge=0,
        lt=1,
        help="Share of the prompts whose pairs go to --eval-output.",
    )
    score_key: str = opt(
        default="score",
        metavar="KEY",
        group=_MORE,
        harmless=True,
        help="Key of an answer's score; dots lead into objects.",
    )
    closeness: Literal["similarity", "plausibility"] = opt(
        default="similarity",
        group=_MORE,
        harmless=True,
        help="What makes a negative hard: its likeness, or `filter --check plausibility`.",
    )
    order: Literal["input", "easy-to-hard"] = opt(
        default="input", group=_MORE, harmless=True, help="Order of the pairs."
    )
    per_prompt: int | None = opt(
        default=None, group=_MORE, harmless=True, within=COUNT, help="Most pairs of one prompt."
    )
    max_pairs: int | None = opt(
        default=None,
        group=_MORE,
        harmless=True,
        within=COUNT,
        help="Most pairs in all, beside those for evaluation.",
    )
    decontaminate: tuple[Path, ...] = opt(
        default=(),
        metavar="FILE",
        group=_MORE,
        help="JSONL of an evaluation set; prompts that overlap it are dropped; repeatable.",
    )
    group: bool = opt(
        default=False,
        group=_MORE,
        help="One row for each answer, with a list of all its negatives, for `seapo train`; "
        "goes with --strategy all.",
    )
    spans: bool = opt(
        default=False,
        group=_MORE,
        help="Add chosen_spans and rejected_spans: [start, end] in characters of each answer "
        "where they differ.",
    )
    provenance: bool = opt(
        default=False,
        group=_MORE,
        harmless=True,
        help="Keep id, error_type, sample, error and checks.",
    )

    def check(self) -> None:
        if self.mix and self.balance:
            raise UsageError("--mix and --balance exclude each other: take one")
        parse.need_weights(self.mix)
        if self.group and self.format != _DEFAULT_FORMAT:
            raise UsageError("--group has a format of its own: leave --format out")
        if self.group and self.strategy != "all":
            raise UsageError("--group needs --strategy all: else an answer has one negative")
        if self.strategy == "vanilla":
            if self.positive == "given":
                raise UsageError(
                    "--strategy vanilla ranks answers: say how with --positive score, logprob "
                    "or judge"
                )
            if self.mix or self.balance:
                raise UsageError("--strategy vanilla has no error types for --mix or --balance")
            if self.closeness == "plausibility":
                raise UsageError("--closeness plausibility is known of negatives only, not answers")

    @property
    def ranks_by_plausibility(self) -> bool:
        """Whether every row needs a plausibility."""
        ranks = self.strategy == "hardest" or self.order == "easy-to-hard"
        return ranks and self.closeness == "plausibility"

    @property
    def selects(self) -> bool:
        """Whether which pairs are made depends on all others."""
        return bool(self.mix or self.balance or self.max_pairs)


class PairFiles(PairedRowFiles):
    """What `pair` reads and writes."""

    eval_output: str | None = opt(
        default=None, metavar="FILE", help="JSONL of pairs for evaluation."
    )
    dataset_info: Path | None = opt(
        default=None,
        metavar="FILE",
        group=_MORE,
        help="LLaMA-Factory's dataset_info.json, to which the output is added.",
    )
