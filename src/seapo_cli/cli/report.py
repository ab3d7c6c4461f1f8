"""`seapo report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from seapo_cli.cli.options import need_input, option
from seapo_cli.exceptions import UsageError


def report(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Rows of any stage, pairs, --errors and --summary files, audits, metrics of "
            "train, results of eval, told apart by their content; - is stdin.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        option(
            "--output",
            "-o",
            metavar="FILE",
            help="HTML to write; - is stdout. [default: -, or none with --png]",
        ),
    ] = None,
    png: Annotated[
        Path | None, option(metavar="FOLDER", help="Write the figures as PNG files as well.")
    ] = None,
    title: Annotated[str, option(help="Title of the page.")] = "seapo report",
    max_rows: Annotated[
        int,
        option(min=1, help="Of more, rows of prompts drawn by hash are shown; all are counted."),
    ] = 10_000,
    price_in: Annotated[
        float | None, option(help="Price of a million prompt tokens, for the rows' cost.")
    ] = None,
    price_out: Annotated[float | None, option(help="Price of a million completion tokens.")] = None,
) -> None:
    """Show rows, pairs, metrics, audits and evaluations in one HTML file.

    seapo report kept.jsonl dropped.jsonl pairs.jsonl audit.json -o report.html
    """
    names = inputs or ["-"]
    for name in names:
        need_input(context, name)
    target = "-" if output is None and png is None else output
    if target == "-" and sys.stdout.isatty():
        raise UsageError("a page is not for a terminal: name a file with -o FILE")
    from seapo_cli.report import need_matplotlib

    need_matplotlib()
    from seapo_cli.report.make import Job
    from seapo_cli.report.overview import Prices
    from seapo_cli.text.safe import tell

    job = Job(names, target, png, title, max_rows, Prices(price_in, price_out))
    found = job.run()
    for file in found.files:
        tell(f"seapo report: {file.name}: {file.told}")
    for reason in found.told_bad():
        tell(f"seapo report: {reason}")
    if found.rows.left_out:
        tell(
            f"seapo report: {found.rows.left_out:,} rows are counted and not shown; "
            "--max-rows takes more"
        )
    if found.bad:
        raise typer.Exit(3)
