"""Options of `seapo inject` and `seapo profile`: which mistakes, and how they are made."""

from __future__ import annotations

from typing import Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import Seeded

ERROR_TYPES = "seapo_cli.mistakes.error_types:error_types"
_MORE = "More about mistakes"


class InjectSettings(Seeded):
    """Which mistakes `inject` makes, and how."""

    error_types: tuple[str, ...] = opt(
        "--error-type",
        "-t",
        default=(),
        env="SEAPO_ERROR_TYPE",
        metavar="TYPE",
        harmless=True,
        parse=parse.names,
        complete=ERROR_TYPES,
        help="Kinds of mistake: names of `seapo types`, or files TYPE.md; repeatable, or with "
        "commas. One negative for each.",
    )
    mix: dict[str, float] = opt(
        default_factory=dict,
        env="SEAPO_MIX",
        metavar="TYPE=WEIGHT,...",
        harmless=True,
        typed=str,
        parse=parse.weights,
        help="Draw one type per row by weight, instead of --error-type.",
    )
    mode: Literal["auto", "propose", "rewrite", "continue", "menu"] = opt(
        default="auto",
        env="SEAPO_MODE",
        harmless=True,
        help="propose: the model says what to replace by what; rewrite: it writes the whole "
        "answer again; continue: it goes on in its own words from a wrong step; menu: it "
        "chooses among values worked out for it; auto: propose where a short trial shows "
        "that the model can, else menu.",
    )
    edits: int = opt(
        default=1, group=_MORE, harmless=True, within=COUNT, help="Mistakes per negative."
    )
    severity: Literal["subtle", "moderate", "severe"] = opt(
        default="moderate", harmless=True, help="How far off the mistakes are."
    )
    attempts: int = opt(
        default=5,
        group=_MORE,
        harmless=True,
        within=COUNT,
        help="Requests for one mistake before giving up.",
    )
    max_tokens: int = opt(
        default=1024,
        harmless=True,
        within=COUNT,
        help="Token limit of the answer that a row without one gets first.",
    )

    def check(self) -> None:
        if self.error_types and self.mix:
            raise UsageError("--error-type and --mix exclude each other: take one")
        if not self.error_types and not self.mix:
            raise UsageError("no error type: name one with --error-type (see `seapo types`)")
        parse.need_weights(self.mix)


class ProfileSettings(Seeded):
    """Which kinds of mistakes `profile` tells apart."""

    error_types: tuple[str, ...] = opt(
        "--error-type",
        "-t",
        metavar="TYPE",
        harmless=True,
        parse=parse.names,
        default=("pack:general", "pack:mathematics", "pack:code", "pack:grounded"),
        complete=ERROR_TYPES,
        help="Kinds to tell apart: names, files, or pack:NAME; repeatable, or with commas. "
        "[default: pack:general, and the answer's own pack]",
    )
