"""Options of `seapo filter`."""

from __future__ import annotations

import re
from typing import Any, Literal

from seapo_cli.options import parse
from seapo_cli.options.option import Settings, opt
from seapo_cli.options.rows import PairedRowFiles, Seeded

_CHECKS = "seapo_cli.checks:all_checks"


def _runs_nothing(value: Any) -> bool:
    """Whether checks are not among those that run the code in the rows."""
    return "tests" not in str(value)


def _tunes_only(value: Any) -> bool:
    """Whether only limits and words are set: no paths, no model that scores, no isolation."""
    values = value if isinstance(value, list) else [value]
    harmless = r"(?!tests\.)[\w-]+\.(?!scorer)[\w-]+=[\w.,-]+"
    return all(re.fullmatch(harmless, str(one)) for one in values)


class FilterSettings(Settings):
    """Which checks `filter` runs, and with which options."""

    preset: Literal["none", "default", "strict"] = opt(
        default="default",
        env="SEAPO_PRESET",
        harmless=True,
        help="Which checks run; `seapo checks` lists them.",
    )
    checks: tuple[str, ...] = opt(
        "--check",
        default=(),
        metavar="NAME",
        harmless=_runs_nothing,
        parse=parse.names,
        complete=_CHECKS,
        help="Run this one too; repeatable, or with commas. judge: the model compares both "
        "answers; plausibility: reject what a model finds too improbable; tests: RUN THE CODE "
        "in the rows against their tests, isolated.",
    )
    without: tuple[str, ...] = opt(
        "--no-check",
        default=(),
        metavar="NAME",
        harmless=True,
        parse=parse.names,
        complete=_CHECKS,
        help="Leave this one out; repeatable, or with commas.",
    )
    options: dict[str, dict[str, Any]] = opt(
        "--set",
        default_factory=dict,
        typed=list[str],
        parse=parse.check_options,
        metavar="CHECK.OPTION=VALUE",
        harmless=_tunes_only,
        help="Tune a check: length.max=3; repeatable.",
    )


class FilterFiles(PairedRowFiles, Seeded):
    """What `filter` reads and writes."""

    rejected: str | None = opt(
        default=None,
        metavar="FILE",
        help="JSONL of the rows that were sorted out, with the reasons.",
    )
    max_leak: float | None = opt(
        default=None,
        ge=0.5,
        le=1,
        help="Reject the pairs that `seapo audit` tells apart most surely, until it is right "
        "for no more than this share of the rest; reads FILE twice.",
    )
