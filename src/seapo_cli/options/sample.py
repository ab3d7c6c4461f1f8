"""Options of `seapo sample`."""

from __future__ import annotations

from typing import Literal

from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import Seeded


class SampleSettings(Seeded):
    """What `sample` asks for."""

    n: int = opt(
        "--n",
        "-n",
        default=1,
        harmless=True,
        within=COUNT,
        help="Answers per prompt; each is a row.",
    )
    temperature: float | None = opt(
        "--temperature", "-T", default=None, harmless=True, ge=0, help="Sampling temperature."
    )
    top_p: float | None = opt(
        default=None, harmless=True, gt=0, le=1, help="Nucleus sampling mass."
    )
    max_tokens: int = opt(
        default=1024, harmless=True, within=COUNT, help="Token limit of an answer."
    )
    stop: tuple[str, ...] = opt(
        default=(), metavar="TEXT", harmless=True, help="Text that ends an answer; repeatable."
    )
    system: str | None = opt(
        default=None,
        metavar="TEXT",
        harmless=True,
        help="System prompt, for rows that bring none.",
    )
    truncated: Literal["drop", "keep"] = opt(
        default="drop", harmless=True, help="What becomes of answers cut by the token limit."
    )
    logprobs: bool = opt(
        default=False, harmless=True, help="Keep each answer's log-probability: sample.logprob."
    )
