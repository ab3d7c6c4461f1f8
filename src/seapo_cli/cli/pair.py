"""`seapo pair`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from seapo_cli.cli import complete
from seapo_cli.cli.options import FileOptions, ModelOptions, expanded, need_input, option, run


@expanded
def pair(
    context: typer.Context,
    format: Annotated[  # noqa: A002, the option's name
        str,
        option(
            "--format",
            "-f",
            env="SEAPO_FORMAT",
            help="trl, trl-chat, trl-kto, trl-kto-chat, llamafactory, llamafactory-sharegpt, "
            "llamafactory-kto, axolotl, openrlhf or ultrafeedback.",
            autocompletion=complete.formats,
        ),
    ] = "trl-chat",
    strategy: Annotated[
        Literal["random", "all", "hardest", "vanilla"],
        option(
            help="Negatives of an answer: random: one of the types, drawn; all of them; hardest: "
            "the closest one; vanilla: none, but the best answer of a prompt against its worst.",
        ),
    ] = "random",
    positive: Annotated[
        Literal["given", "score", "logprob", "judge"],
        option(
            help="Good answers of a prompt: given: every one; or only the best, by a score, by "
            "its log-probability (`sample --logprobs`) or by a judge (the model).",
        ),
    ] = "given",
    score_key: Annotated[
        str, option(metavar="KEY", help="Key of an answer's score; dots lead into objects.")
    ] = "score",
    closeness: Annotated[
        Literal["similarity", "plausibility"],
        option(help="What makes a negative hard: its likeness, or `filter --plausibility`."),
    ] = "similarity",
    order: Annotated[
        Literal["input", "easy-to-hard"], option(help="Order of the pairs.")
    ] = "input",
    mix: Annotated[
        str | None,
        option(metavar="TYPE=WEIGHT,...", help="Proportions of error types over all pairs."),
    ] = None,
    balance: Annotated[
        Literal["type", "length"] | None,
        option(
            help="type: as many pairs of each as the scarcest allows; length: the shorter side is "
            "right in half of each type's pairs; what is too much is left out.",
        ),
    ] = None,
    per_prompt: Annotated[int | None, option(help="Most pairs of one prompt.")] = None,
    max_pairs: Annotated[
        int | None, option(help="Most pairs in all, beside those for evaluation.")
    ] = None,
    eval_split: Annotated[
        float, option(help="Share of the prompts whose pairs go to --eval-output.")
    ] = 0.0,
    eval_output: Annotated[
        str | None, option(metavar="FILE", help="JSONL of pairs for evaluation.")
    ] = None,
    decontaminate: Annotated[
        list[Path] | None,
        option(
            metavar="FILE",
            help="JSONL of an evaluation set; prompts that overlap it are dropped; repeatable.",
        ),
    ] = None,
    group: Annotated[
        bool,
        option(
            "--group",
            help="One row for each answer, with a list of all its negatives, for `seapo train`; "
            "goes with --strategy all.",
        ),
    ] = False,
    spans: Annotated[
        bool,
        option(
            "--spans",
            help="Add chosen_spans and rejected_spans: [start, end] in characters of each answer "
            "where they differ.",
        ),
    ] = False,
    provenance: Annotated[
        bool, option("--provenance", help="Keep id, error_type, sample, error and checks.")
    ] = False,
    dataset_info: Annotated[
        Path | None,
        option(
            metavar="FILE",
            help="LLaMA-Factory's dataset_info.json, to which the output is added.",
        ),
    ] = None,
    negative_key: Annotated[
        str | None,
        option(metavar="KEY", help="Key of the bad answer. [default: negative or rejected]"),
    ] = None,
    *,
    files: FileOptions,
    model: ModelOptions,
) -> None:
    """Make preference pairs in a trainer's format: one or more for each prompt.

    seapo pair kept.jsonl -o pairs.jsonl --format trl
    """
    need_input(context, files.input)
    from seapo_cli.io.same_files import reads, writes
    from seapo_cli.settings import PairSettings, parse_mix
    from seapo_cli.stages.pair import Pair

    settings = PairSettings.checked(
        format=format,
        strategy=strategy,
        positive=positive,
        score_key=score_key,
        closeness=closeness,
        order=order,
        mix=parse_mix(mix) if mix else {},
        balance=balance,
        per_prompt=per_prompt,
        max_pairs=max_pairs,
        eval_split=eval_split,
        decontaminate=tuple(decontaminate or ()),
        group=group,
        spans=spans,
        provenance=provenance,
        seed=files.seed,
    )
    places = files.files(
        evaluation=eval_output,
        also_read=reads("--decontaminate", settings.decontaminate),
        also_written=writes("--dataset-info", dataset_info),
    )
    stage = Pair(settings, places, dataset_info)
    run(stage, files, model, files=places, keys=files.keys(negative_key))
