"""`seapo filter`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seapo_cli.cli import complete
from seapo_cli.cli.options import BatchOptions, FileOptions, expanded, listed, option
from seapo_cli.cli.runner import RunnerOptions
from seapo_cli.exceptions import UsageError
from seapo_cli.text.safe import tell

if TYPE_CHECKING:
    from seapo_cli.rows import Keys
    from seapo_cli.settings import FilterSettings
    from seapo_cli.stages.filter import Filter

_UNSAFE = ("tests.unsafe=true",)


@expanded
def filter_(
    context: typer.Context,
    rejected: Annotated[
        str | None,
        option(metavar="FILE", help="JSONL of the rows that were sorted out, with the reasons."),
    ] = None,
    preset: Annotated[
        Literal["none", "default", "strict"],
        option(env="SEAPO_PRESET", help="Which checks run; `seapo checks` lists them."),
    ] = "default",
    check: Annotated[
        list[str] | None,
        option(
            "--check",
            metavar="NAME",
            help="Run this one too; repeatable, or with commas.",
            autocompletion=complete.checks,
        ),
    ] = None,
    no_check: Annotated[
        list[str] | None,
        option(
            "--no-check",
            metavar="NAME",
            help="Leave this one out; repeatable, or with commas.",
            autocompletion=complete.checks,
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        option(
            "--set", metavar="CHECK.OPTION=VALUE", help="Tune a check: length.max=3; repeatable."
        ),
    ] = None,
    negative_key: Annotated[
        str | None,
        option(metavar="KEY", help="Key of the bad answer. [default: negative or rejected]"),
    ] = None,
    judge: Annotated[
        bool, option("--judge", help="Have the model compare both answers: --check judge.")
    ] = False,
    plausibility: Annotated[
        bool,
        option(
            "--plausibility",
            help="Reject what a model finds too improbable: --check plausibility.",
        ),
    ] = False,
    run_tests: Annotated[
        bool,
        option(
            "--run-tests",
            help="RUN THE CODE in the rows against their tests, isolated: --check tests.",
        ),
    ] = False,
    unsafe_run_tests: Annotated[
        bool,
        option(
            "--unsafe-run-tests",
            help="--run-tests also where no isolation works: only inside a container.",
        ),
    ] = False,
    max_leak: Annotated[
        float | None,
        option(
            min=0.5,
            max=1.0,
            help="Reject the pairs that `seapo audit` tells apart most surely, until it is right "
            "for no more than this share of the rest; reads FILE twice.",
        ),
    ] = None,
    *,
    files: FileOptions,
    model: BatchOptions,
    runner: RunnerOptions,
) -> None:
    """Keep the pairs whose negative is really worse: adds `checks` to each row.

    seapo filter negatives.jsonl -o kept.jsonl --rejected dropped.jsonl
    """
    runner.need_files(context, files)
    from seapo_cli.settings import FilterSettings, parse_options
    from seapo_cli.stages.filter import make_filter

    slow = {"judge": judge, "plausibility": plausibility, "tests": run_tests or unsafe_run_tests}
    settings = FilterSettings.checked(
        preset=preset,
        checks=(*listed(check), *(name for name, wanted in slow.items() if wanted)),
        without=listed(no_check),
        options=parse_options([*(set_ or ()), *_UNSAFE[:unsafe_run_tests]]),
    )
    keys = files.keys(negative_key)
    stage = make_filter(settings, keys)
    if max_leak is not None:
        stage = _without_leaks(stage, settings, keys, files, runner, max_leak)
    for warning in stage.warnings:
        tell(f"seapo filter: {warning}")
    runner.run(stage, settings, files, model, rejected=rejected, keys=keys)


def _without_leaks(
    stage: Filter,
    settings: FilterSettings,
    keys: Keys,
    files: FileOptions,
    runner: RunnerOptions,
    limit: float,
) -> Filter:
    """The same filter, after a first pass that finds which rows give themselves away.

    Raises:
        UsageError: the rows cannot be read twice, or a check is too slow to run twice.
        SeapoError: too few rows are left.
    """
    from seapo_cli.checks.leak import Leak
    from seapo_cli.stages.audit import need_scikit_learn
    from seapo_cli.stages.filter import make_filter

    if runner.runner != "local" or files.input == "-" or Path(files.input).is_fifo():
        raise UsageError("--max-leak reads all rows before it keeps one: name a file, runner local")
    if stage.slow:
        raise UsageError(
            "--max-leak comes last: run the checks that take time first, then --max-leak on what "
            "they kept"
        )
    need_scikit_learn("--max-leak")
    from seapo_cli.stages.audit.prune import prune_file

    found = prune_file(files.input, keys, stage, limit, files.seed)
    tell(
        f"seapo filter: told apart without the question: {found.before:.2f} of the pairs, "
        f"{found.after:.2f} without the {len(found.surest):,} surest"
    )
    return make_filter(settings, keys, [Leak(surest=found.surest)])
