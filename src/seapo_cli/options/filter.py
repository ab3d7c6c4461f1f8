"""Options of `seapo filter`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from seapo_cli.options import parse
from seapo_cli.options.option import Settings, opt
from seapo_cli.options.rows import PairedRowFiles, Seeded

_CHECKS = "seapo_cli.checks:all_checks"


def _runs_nothing(value: Any) -> bool:
    """Whether none of the checks runs the code in the rows."""
    return "tests" not in str(value)


def _tunes_only(value: Any) -> bool:
    """Whether only limits and words are set: no paths, scoring model or isolation."""
    values = value if isinstance(value, list) else [value]
    harmless = r"(?!tests\.)[\w-]+\.(?!scorer)[\w-]+=[\w.,-]+"
    return all(re.fullmatch(harmless, str(one)) for one in values)


class FilterSettings(Settings):
    """Which checks `filter` runs, and with which options."""

    preset: Annotated[
        Literal["none", "default", "strict"], "Which checks run; `seapo checks` lists them."
    ] = opt("default", env="SEAPO_PRESET", harmless=True)
    checks: Annotated[
        tuple[str, ...],
        "Also run this check; repeatable or comma-separated. judge: the model compares both "
        "answers; aspects: it rates each by itself; reward: a reward model scores each (vLLM, or "
        "--set reward.scorer=MODEL); plausibility: reject what a model finds too improbable; "
        "right: the response has the final answer of the row's `reference`; "
        "tests: RUN THE CODE in the rows against their tests, in isolation.",
    ] = opt(
        (), "--check", metavar="NAME", harmless=_runs_nothing, parse=parse.names, complete=_CHECKS
    )
    without: Annotated[tuple[str, ...], "Skip this check; repeatable or comma-separated."] = opt(
        (), "--no-check", metavar="NAME", harmless=True, parse=parse.names, complete=_CHECKS
    )
    options: Annotated[
        dict[str, dict[str, Any]], "Set an option of a check: length.max=3; repeatable."
    ] = opt(
        dict,
        "--set",
        typed=list[str],
        parse=parse.check_options,
        metavar="CHECK.OPTION=VALUE",
        harmless=_tunes_only,
    )


class FilterFiles(PairedRowFiles, Seeded):
    """What `filter` reads and writes."""

    rejected: Annotated[str | None, "JSONL of the rejected rows, with the reasons."] = opt(
        None, metavar="FILE", is_path=True, written=True
    )
    max_leak: Annotated[
        float | None,
        "Reject the pairs that `seapo audit` tells apart most confidently, until its accuracy "
        "on the rest is at most this; reads FILE twice.",
    ] = opt(None, ge=0.5, le=1)
