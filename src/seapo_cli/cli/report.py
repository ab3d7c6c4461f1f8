"""`seapo report`."""

from __future__ import annotations

import sys

import typer

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.exceptions import UsageError
from seapo_cli.options import ReportSettings


@expanded
def report(settings: ReportSettings) -> None:
    """Show rows, pairs, metrics, audits and evaluations in one HTML file.

    seapo report kept.jsonl dropped.jsonl pairs.jsonl audit.json -o report.html
    """
    for name in settings.inputs:
        need_input(name)
    target = "-" if settings.output is None and settings.png is None else settings.output
    if target == "-" and sys.stdout.isatty():
        raise UsageError("not writing an HTML page to a terminal: name a file with -o FILE")
    from seapo_cli.report import need_matplotlib

    need_matplotlib()
    from seapo_cli.report.make import Job
    from seapo_cli.report.overview import Prices
    from seapo_cli.text.safe import tell

    prices = Prices(settings.price_in, settings.price_out)
    shown = (settings.png, settings.title, settings.max_rows)
    found = Job(settings.inputs, target, *shown, prices).run()
    for file in found.files:
        tell(f"seapo report: {file.name}: {file.told}")
    found.faults.tell("seapo report", "cannot be read")
    if found.rows.left_out:
        tell(
            f"seapo report: {found.rows.left_out:,} rows are counted but not shown; "
            "--max-rows shows more"
        )
    if found.faults.count:
        raise typer.Exit(3)
