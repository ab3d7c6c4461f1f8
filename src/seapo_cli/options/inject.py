"""Options of `seapo inject` and `seapo profile`: which mistakes to make, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.option import COUNT, opt
from seapo_cli.options.rows import Seeded

ERROR_TYPES = "seapo_cli.mistakes.error_types:error_types"
_MORE = "More about mistakes"


class InjectSettings(Seeded):
    """Which mistakes `inject` makes, and how."""

    error_types: Annotated[
        tuple[str, ...],
        "Kinds of mistakes: names from `seapo types`, or TYPE.md files; repeatable or "
        "comma-separated. One negative for each.",
    ] = opt(
        (),
        "--error-type",
        "-t",
        env="SEAPO_ERROR_TYPE",
        metavar="TYPE",
        harmless=True,
        parse=parse.names,
        complete=ERROR_TYPES,
    )
    mix: Annotated[
        dict[str, float], "Draw one type per row by weight, instead of --error-type."
    ] = opt(
        dict,
        env="SEAPO_MIX",
        metavar="TYPE=WEIGHT,...",
        harmless=True,
        typed=str,
        parse=parse.weights,
    )
    mode: Annotated[
        str, "auto: propose if a short trial shows that the model can do it, else menu."
    ] = opt("auto", env="SEAPO_MODE", harmless=True, choices="seapo_cli.mistakes.modes:MODES")
    edits: Annotated[int, "Mistakes per negative."] = opt(
        1, group=_MORE, harmless=True, within=COUNT
    )
    severity: Annotated[
        Literal["subtle", "moderate", "severe"], "How blatant the mistakes are."
    ] = opt("moderate", harmless=True)
    attempts: Annotated[int, "Attempts at one mistake before giving up."] = opt(
        5, group=_MORE, harmless=True, within=COUNT
    )
    max_tokens: Annotated[
        int, "Token limit of the answer that is requested first for a row without one."
    ] = opt(1024, harmless=True, within=COUNT)

    def check(self) -> None:
        if self.error_types and self.mix:
            raise UsageError("--error-type and --mix are mutually exclusive: use one")
        if not self.error_types and not self.mix:
            raise UsageError("no error type: name one with --error-type (see `seapo types`)")
        parse.need_weights(self.mix)


class ProfileSettings(Seeded):
    """Which kinds of mistakes `profile` distinguishes."""

    error_types: Annotated[
        tuple[str, ...],
        "Kinds to distinguish: names, files, or pack:NAME; repeatable or comma-separated. [default:"
        " pack:general and the answer's own pack]",
    ] = opt(
        ("pack:general", "pack:mathematics", "pack:code", "pack:grounded"),
        "--error-type",
        "-t",
        metavar="TYPE",
        harmless=True,
        parse=parse.names,
        complete=ERROR_TYPES,
    )
