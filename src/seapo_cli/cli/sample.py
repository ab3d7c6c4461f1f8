"""`seapo sample`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from seapo_cli.cli.options import BatchOptions, FileOptions, expanded, option
from seapo_cli.cli.runner import RunnerOptions


@expanded
def sample(
    context: typer.Context,
    n: Annotated[int, option("-n", "--n", help="Answers per prompt; each is a row.")] = 1,
    temperature: Annotated[
        float | None, option("--temperature", "-T", help="Sampling temperature.")
    ] = None,
    top_p: Annotated[float | None, option(help="Nucleus sampling mass.")] = None,
    max_tokens: Annotated[int, option(help="Token limit of an answer.")] = 1024,
    stop: Annotated[
        list[str] | None, option(metavar="TEXT", help="Text that ends an answer; repeatable.")
    ] = None,
    system: Annotated[
        str | None, option(metavar="TEXT", help="System prompt, for rows that bring none.")
    ] = None,
    truncated: Annotated[
        Literal["drop", "keep"], option(help="What becomes of answers cut by the token limit.")
    ] = "drop",
    logprobs: Annotated[
        bool, option("--logprobs", help="Keep each answer's log-probability: sample.logprob.")
    ] = False,
    *,
    files: FileOptions,
    model: BatchOptions,
    runner: RunnerOptions,
) -> None:
    """Answer prompts: adds `response` and `sample` to each row.

    seapo sample -n 4 --temperature 0.8 < prompts.jsonl > answers.jsonl
    """
    runner.need_files(context, files)
    from seapo_cli.settings import SampleSettings
    from seapo_cli.stages.sample import Sample

    settings = SampleSettings.checked(
        n=n,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        seed=files.seed,
        stop=tuple(stop or ()),
        system=system,
        truncated=truncated,
        logprobs=logprobs,
    )
    runner.run(Sample(settings), settings, files, model)
