"""Options of `seapo sample`."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import Seeded


class SampleSettings(Seeded):
    """What `sample` asks for."""

    n: Annotated[int, "Answers per prompt; each is a row."] = opt(
        1, "--n", "-n", harmless=True, within=COUNT
    )
    temperature: Annotated[float | None, "Sampling temperature."] = opt(
        None, "--temperature", "-T", harmless=True, ge=0
    )
    top_p: Annotated[float | None, "Probability mass for nucleus sampling."] = opt(
        None, harmless=True, gt=0, le=1
    )
    max_tokens: Annotated[int, "Token limit of an answer."] = opt(1024, harmless=True, within=COUNT)
    stop: Annotated[tuple[str, ...], "Text that ends an answer; repeatable."] = opt(
        (), metavar="TEXT", harmless=True
    )
    system: Annotated[str | None, "System prompt for rows that have none."] = opt(
        None, metavar="TEXT", harmless=True
    )
    truncated: Annotated[
        Literal["drop", "keep"], "What to do with answers cut off at the token limit."
    ] = opt("drop", harmless=True)
    logprobs: Annotated[bool, "Keep each answer's log-probability: sample.logprob."] = opt(
        False, harmless=True
    )
